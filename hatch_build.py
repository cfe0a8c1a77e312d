"""Build hook: puts the browser bundle into the package when it is not there yet.

A wheel carries the bundle, so its users need no Node. Installing from a checkout or an sdist
without one builds it here, with Node and npm.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        root = Path(self.root)
        static = root / "labelwidget" / "widget" / "static"
        bundles = [static / "widget.js", static / "more.js"]
        if all(bundle.is_file() for bundle in bundles):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                f"The browser bundle in {static} is missing and npm was not found to build it. "
                "Install Node 20 or newer, or install a wheel of labelwidget, which needs no Node."
            )
        js = root / "js"
        # Install scripts stay off: everything needed comes as files inside the packages.
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=js, check=True)
        subprocess.run([npm, "run", "build"], cwd=js, check=True)
        for bundle in bundles:
            if not bundle.is_file():
                raise RuntimeError(f"The build in {js} ended without writing {bundle}.")
