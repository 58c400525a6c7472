"""What a task manager starts for Beam's environment type PROCESS: the stand-in for `boot`, the
program that a Beam worker image starts with.

It asks the runner's provision service for the pipeline's options and then becomes Beam's Python
worker. Provender and everything a pipeline needs must be installed for the interpreter that runs
this.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

_ASK_SECONDS = 60


def main() -> None:
    """Become the worker that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("id", "logging_endpoint", "control_endpoint", "provision_endpoint"):
        parser.add_argument(f"--{name}", default="")
    given, _ = parser.parse_known_args()
    info = _provision(given.provision_endpoint, given.id)
    from apache_beam.runners.worker import sdk_worker_main
    from google.protobuf import json_format

    os.environ.update(
        WORKER_ID=given.id,
        PIPELINE_OPTIONS=json_format.MessageToJson(info.pipeline_options),
        LOGGING_API_SERVICE_DESCRIPTOR=_address(info.logging_endpoint, given.logging_endpoint),
        CONTROL_API_SERVICE_DESCRIPTOR=_address(info.control_endpoint, given.control_endpoint),
        RUNNER_CAPABILITIES=" ".join(info.runner_capabilities),
    )
    sdk_worker_main.main(sys.argv[:1])


def _provision(endpoint: str, worker: str) -> Any:
    import grpc
    from apache_beam.portability.api import beam_provision_api_pb2 as messages
    from apache_beam.portability.api import beam_provision_api_pb2_grpc as services

    with grpc.insecure_channel(endpoint) as channel:
        grpc.channel_ready_future(channel).result(timeout=_ASK_SECONDS)
        stub = services.ProvisionServiceStub(channel)
        answer = stub.GetProvisionInfo(
            messages.GetProvisionInfoRequest(),
            timeout=_ASK_SECONDS,
            metadata=(("worker_id", worker),),
        )
        return answer.info


def _address(told: Any, given: str) -> str:
    return f'url: "{told.url or given}"'


if __name__ == "__main__":
    main()
