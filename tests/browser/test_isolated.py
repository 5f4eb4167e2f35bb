"""The page needs nothing from outside the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
CLOSED = ["unshare", "--user", "--map-root-user", "--net"]


def test_page_works_where_there_is_no_network_but_loopback(chromium, samples_data: Path, tmp_path: Path) -> None:
    try:
        subprocess.run([*CLOSED, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    done = subprocess.run(
        [*CLOSED, sys.executable, str(HERE / "closed_network.py"), str(samples_data), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-3000:]
