"""Packages of npm that speak for others in a test: put beside the test tools, and said plainly when they cannot be."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALL_SECONDS = 90
QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")


def install(folder: Path, *packages: str) -> str:
    """Have `packages` ("name@version") under `folder`; empty when they are there, else why they are not."""
    if not shutil.which("npm") or not shutil.which("node"):
        return f"{', '.join(packages)} needs node and npm"
    if are_there(folder, packages):
        return ""
    try:
        # Two test processes may come here at once: each installs for itself, and one of them is kept.
        with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
            command = ["npm", "install", *QUIETLY, "--prefix", fresh, *packages]
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
            folder.mkdir(exist_ok=True)
            with contextlib.suppress(OSError):
                (Path(fresh) / "node_modules").rename(folder / "node_modules")
    except (subprocess.SubprocessError, OSError) as error:
        return f"npm could not install {', '.join(packages)}: {_why(error)}"
    return "" if are_there(folder, packages) else f"npm installed {', '.join(packages)} somewhere else than in {folder}"


def are_there(folder: Path, packages: tuple[str, ...]) -> bool:
    names = [package.rpartition("@")[0] for package in packages]
    return all((folder / "node_modules" / name / "package.json").exists() for name in names)


def _why(error: Exception) -> str:
    """The last line npm printed says more than its exit code."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
    return f"{type(error).__name__}{f' ({said[-1][:150]})' if said else ''}"
