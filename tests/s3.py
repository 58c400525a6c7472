"""An S3-compatible server for tests: moto's, in a process of its own, on loopback."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ACCESS_KEY = "provender-test"
SECRET_KEY = "only-for-tests"


@dataclass(frozen=True)
class Server:
    """A running server; ``endpoint`` is its address, http://127.0.0.1:PORT."""

    endpoint: str

    def environment(self) -> dict[str, str]:
        """Return what every process that is to use this server needs in its environment."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def client(self, service: str = "s3") -> Any:
        """Return a boto3 client: tests look at the store past the code under test."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def bucket(self) -> Bucket:
        """Return a new, empty bucket."""
        name = f"b-{secrets.token_hex(6)}"
        client = self.client()
        client.create_bucket(Bucket=name)
        return Bucket(name, client, self)

    def user(self, *statements: dict[str, Any]) -> dict[str, str]:
        """Return the keys, as environment, of a new user with these IAM policy statements."""
        iam, name = self.client("iam"), f"u-{secrets.token_hex(6)}"
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }

    @contextlib.contextmanager
    def checking_keys(self) -> Iterator[None]:
        """Let the server check keys and permissions, which it otherwise does not."""
        ask = f"{self.endpoint}/moto-api/reset-auth"
        requests.post(ask, data="0", timeout=10).raise_for_status()
        try:
            yield
        finally:
            requests.post(ask, data="inf", timeout=10).raise_for_status()


@dataclass(frozen=True)
class Bucket:
    """A bucket, seen from outside; keys are strings, contents bytes."""

    name: str
    client: Any
    server: Server

    @property
    def uri(self) -> str:
        return f"s3://{self.name}"

    def names(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.name, Prefix=prefix)
        return sorted(entry["Key"] for page in found for entry in page.get("Contents", []))

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def upload(self, folder: Path, prefix: str) -> str:
        """Put every file under ``folder`` below ``prefix`` and return its address."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return f"{self.uri}/{prefix}"


@contextlib.contextmanager
def serving(log: Path) -> Iterator[Server]:
    """Run a server on a port that the system chooses; ``log`` is where it writes to."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 60
        while not (said := re.search(rb"Running on (http://127\.0\.0\.1:\d+)", log.read_bytes())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, "the S3 server does not start"
            time.sleep(0.05)
        yield Server(said[1].decode())
    finally:
        process.terminate()
        process.wait(20)
