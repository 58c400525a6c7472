import pytest

from provender.cli.main import main


@pytest.fixture
def provender(capfd):
    """Run a command line; return (exit code, stdout, stderr)."""

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capfd.readouterr()
        return ended.value.code, out, err

    return run
