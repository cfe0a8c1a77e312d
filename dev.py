#!/usr/bin/env python3
"""The front door of the project: one command sets up what is missing and then does the job.

    python3 dev.py open             open the quickstart in JupyterLab
    python3 dev.py test [ARGS]      every check and test; ARGS go on to pytest
    python3 dev.py test --mlflow    only the tests with the oldest and the newest MLflow

    python3 dev.py setup            only set up: .venv, js/node_modules, the browser bundle
    python3 dev.py build [--watch]  only build the browser bundle
    python3 dev.py lint [--fix]     formatting, lint, the layers of the package
    python3 dev.py types [--check]  generate the TypeScript of the message protocol, check types
    python3 dev.py bench [ARGS]     run the benchmarks (ARGS: parts of their names; `mlflow` for those with MLflow)
    python3 dev.py screens [--docs] pictures of every state into artifacts/, and with --docs into docs/

Needs Python 3.11 or newer and Node 20 or newer. Set LABELWIDGET_VENV to use another virtual
environment than .venv, CHROMIUM_PATH to use another Chromium than the one on PATH.
"""

import argparse
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
JS = ROOT / "js"
QUICKSTART = Path("notebooks", "01-quickstart.ipynb")
PYTHON_VERSION = (3, 11)
NODE_VERSION = 20
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")
WINDOWS = os.name == "nt"

# Two test files at a time, in the order of the folders: a browser test mostly waits for its kernel or its page.
SIDE_BY_SIDE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


class MlflowEnvironment(NamedTuple):
    """A virtual environment for one version of MLflow, which pins much of what others need newer."""

    suffix: str
    packages: list[str]
    tests: list[str]


# The longest file goes first, so that none is left to do alone at the end.
NEWEST_MLFLOW = MlflowEnvironment(
    "-mlflow", ["--editable", ".[dev-mlflow]"], [*SIDE_BY_SIDE, "tests/guides", "tests/mlflow"]
)
# The oldest that the store works with: the same code as `mlflow==3.2.0`, without what other things than tracing need.
OLDEST_MLFLOW = MlflowEnvironment(
    "-mlflow-oldest",
    [
        "--editable", ".[dev-pytest]",
        "mlflow-skinny==3.2.0", "sqlalchemy<2.1", "opentelemetry-sdk<1.37",
    ],
    ["tests/mlflow/test_mirror.py", "-k", "sqlite", "-W", "default"],
)  # fmt: skip
MLFLOW_ENVIRONMENTS = (OLDEST_MLFLOW, NEWEST_MLFLOW)


class SetupError(Exception):
    """A step did not work out; the message says what to do."""


def venv_folder() -> Path:
    return Path(os.environ.get("LABELWIDGET_VENV", ROOT / ".venv")).absolute()


def venv_program(name: str) -> str:
    return program_in(venv_folder(), name)


def program_in(folder: Path, name: str) -> str:
    if WINDOWS:
        return str(folder / "Scripts" / (name + ".exe"))
    return str(folder / "bin" / name)


def node_program(name: str) -> str:
    return str(JS / "node_modules" / ".bin" / (name + (".cmd" if WINDOWS else "")))


def say(text: str) -> None:
    """Announce a step; flushed, so that it stands before the output of what it starts."""
    print(f"\n── {text}", flush=True)


def run(
    command: list[str],
    *,
    help: str,  # noqa: A002 - reads best where it is used
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Run a step with its output shown; `help` says what to do when it fails."""
    try:
        code = subprocess.run(
            command, cwd=cwd, env={**os.environ, **(env or {})}, timeout=timeout, check=False
        ).returncode
    except FileNotFoundError:
        raise SetupError(f"{command[0]} was not found. {help}") from None
    except subprocess.TimeoutExpired:
        raise SetupError(f"{command[0]} did not finish within {timeout:.0f} s. {help}") from None
    if code != 0:
        raise SetupError(f"{' '.join(command)}\nended with exit code {code}. {help}")


# --- Setting up -----------------------------------------------------------------------------------


def fingerprint(*files: Path) -> str:
    """Tells whether an installation still fits the files that it was made from."""
    digest = hashlib.sha256(str(ROOT).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def npm() -> str:
    node, found = shutil.which("node"), shutil.which("npm")
    wanted = f"Install Node {NODE_VERSION} or newer, with npm, and run this again."
    if node is None or found is None:
        raise SetupError(f"Node was not found on PATH. {wanted}")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < NODE_VERSION:
        raise SetupError(f"Node {version.strip()} at {node} is too old. {wanted}")
    return found


def install_node_packages() -> None:
    npm_program, lock = npm(), JS / "package-lock.json"
    stamp = JS / "node_modules" / ".labelwidget-stamp"
    wanted = fingerprint(lock)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("Installing the packages of the browser side into js/node_modules")
    # No package needs its install script: binaries come as packages of their own.
    run(
        [npm_program, "ci", "--ignore-scripts"],
        cwd=JS,
        help="Check that the npm registry can be reached, then run this again.",
    )
    stamp.write_text(wanted)


def build_bundle(*options: str) -> None:
    say("Building the browser bundle")
    run(
        ["node", "build.mjs", *options],
        cwd=JS,
        help="The lines above say what is wrong in js/.",
    )


def install_python_packages() -> None:
    create_environment(venv_folder(), with_pip=True)
    install_into(venv_folder(), ["--editable", ".[dev]"])


def create_environment(folder: Path, *, with_pip: bool) -> None:
    if Path(program_in(folder, "python")).exists():
        return
    say(f"Creating the virtual environment {folder}")
    try:
        venv.create(folder, with_pip=with_pip, symlinks=not WINDOWS)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise SetupError(
            f"No virtual environment could be made in {folder}: {error}. On Debian and Ubuntu "
            "install python3-venv, then run this again."
        ) from None


def install_into(folder: Path, packages: list[str], *options: str) -> None:
    """Install what is named, by the pip of our own environment; nothing to do is done fast."""
    stamp = folder / ".labelwidget-stamp"
    wanted = fingerprint(ROOT / "pyproject.toml", ROOT / "hatch_build.py") + " ".join(packages)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say(f"Installing labelwidget and its tools into {folder} (about a minute)")
    target = ["--python", program_in(folder, "python")]
    run(
        [venv_program("python"), "-m", "pip", *target, "install", "-qq", *options, *packages],
        env={"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        help="Check that the Python package index can be reached, then run this again. "
        f"If the environment itself is broken, delete {folder} first.",
    )
    stamp.write_text(wanted)


def mlflow_folder(environment: MlflowEnvironment) -> Path:
    return venv_folder().with_name(venv_folder().name + environment.suffix)


def install_mlflow() -> None:
    """Make the environments with MLflow. Most of what comes along is never imported, so that nothing is compiled ahead."""
    for environment in MLFLOW_ENVIRONMENTS:
        folder = mlflow_folder(environment)
        create_environment(folder, with_pip=False)
        install_into(folder, environment.packages, "--no-compile")


def set_up() -> None:
    # The bundle comes first: installing the package builds it too when it is missing.
    install_node_packages()
    build_bundle()
    install_python_packages()


def find_browser() -> str | None:
    """The Chromium to test with: CHROMIUM_PATH or the first of the known names on PATH."""
    given = os.environ.get("CHROMIUM_PATH")
    if given:
        if not Path(given).is_file():
            raise SetupError(f"CHROMIUM_PATH names {given}, which is not a file.")
        return given
    return next(filter(None, map(shutil.which, BROWSER_NAMES)), None)


def set_up_browser() -> None:
    """Make sure that there is a Chromium: the system's, or else the one Playwright brings."""
    if find_browser():
        return
    if shutil.which("apt-get") and not WINDOWS and os.geteuid() == 0:
        say("Installing Chromium with apt-get")
        hint = "Install Chromium yourself or set CHROMIUM_PATH, then run this again."
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=quiet, timeout=300, help=hint)
        run(["apt-get", "install", "-y", "-qq", "chromium"], env=quiet, timeout=900, help=hint)
        return
    say("Installing Chromium with Playwright")
    run(
        [venv_program("playwright"), "install", "chromium"],
        timeout=600,
        help="Install Chromium yourself and put it on PATH or name it in CHROMIUM_PATH.",
    )


# --- Jobs -----------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def do_open(options: argparse.Namespace, rest: list[str]) -> None:
    set_up()
    if not (ROOT / QUICKSTART).is_file():
        raise SetupError(f"{QUICKSTART} is missing. Get it back with git, then run this again.")
    say(f"Opening {QUICKSTART} in JupyterLab; Ctrl+C here ends it")
    # With an address of its own it never meets another server, or its cookies, on the usual port.
    command = [venv_program("python"), "-m", "jupyterlab"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={options.port or free_port()}"]
    # Named so, the notebook is part of the address that JupyterLab prints.
    command += [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{QUICKSTART.as_posix()}",
    ]
    if options.no_browser:
        command.append("--no-browser")
    if not WINDOWS and os.geteuid() == 0:
        command.append("--allow-root")  # containers: JupyterLab refuses root otherwise
    command += rest
    if WINDOWS:
        raise SystemExit(subprocess.call(command, cwd=ROOT))
    os.chdir(ROOT)
    os.execv(command[0], command)


def do_lint(*, fix: bool = False) -> None:
    say("Lint")
    fixing = ["--fix"] if fix else []
    hint = "`python3 dev.py lint --fix` mends what can be mended by itself."
    run([venv_program("ruff"), "check", "--quiet", *fixing], help=hint)
    run([venv_program("ruff"), "format", "--quiet", *([] if fix else ["--check"])], help=hint)
    biome = [node_program("biome"), "check", "--log-level=warn"]
    run([*biome, *(["--write"] if fix else []), "."], cwd=JS, help=hint)
    run(
        [venv_program("lint-imports"), "--no-cache"],
        help="A module imports from a floor above its own; pyproject.toml lists the floors.",
    )


def do_types(*, check: bool) -> None:
    say("Types")
    run(
        [venv_program("python"), "scripts/generate_protocol.py", *(["--check"] if check else [])],
        help="`python3 dev.py types` generates the file anew.",
    )
    hint = "The lines above name each place."
    run([node_program("tsc"), "--noEmit"], cwd=JS, help=hint)
    run([node_program("pyright"), "--pythonpath", venv_program("python")], help=hint)


def run_tests(folder: Path, arguments: list[str]) -> int:
    """Run pytest in an environment; returns its exit code."""
    browser = find_browser()
    return subprocess.run(
        [program_in(folder, "python"), "-m", "pytest", *arguments],
        cwd=ROOT,
        env={**os.environ, **({"CHROMIUM_PATH": browser} if browser else {})},
        check=False,
    ).returncode


def run_mlflow_tests() -> int:
    """The tests that need MLflow, with each version; returns the first exit code that tells of a failure."""
    codes: list[int] = []
    for environment in MLFLOW_ENVIRONMENTS:
        folder = mlflow_folder(environment)
        say(f"Tests with MLflow in {folder.name}")
        codes.append(run_tests(folder, environment.tests))
    return next(filter(None, codes), 0)


def needs_mlflow(pytest_arguments: list[str]) -> bool:
    return any(
        one.startswith(("--mlflow", "tests/mlflow", "tests/guides")) for one in pytest_arguments
    )


def do_test(pytest_arguments: list[str]) -> None:
    if needs_mlflow(pytest_arguments):
        set_up()
        set_up_browser()
        install_mlflow()
        if pytest_arguments == ["--mlflow"]:
            raise SystemExit(run_mlflow_tests())
        raise SystemExit(run_tests(mlflow_folder(NEWEST_MLFLOW), pytest_arguments))

    install_node_packages()
    build_bundle()
    create_environment(venv_folder(), with_pip=True)
    with ThreadPoolExecutor(1) as beside:
        # The environments with MLflow are made while the tools of our own check the code.
        mlflow = None if pytest_arguments else beside.submit(install_mlflow)
        install_python_packages()
        set_up_browser()
        do_lint()
        do_types(check=True)
        say("Tests of the browser side")
        run([node_program("vitest"), "run"], cwd=JS, help="The lines above name each failed test.")
        if mlflow is not None:
            mlflow.result()
    mlflow_code = 0 if pytest_arguments else run_mlflow_tests()
    if mlflow_code:
        say("Tests with MLflow FAILED, see above; the other tests run nevertheless")
    else:
        say("Tests")
    code = run_tests(venv_folder(), pytest_arguments or SIDE_BY_SIDE)
    # Nothing is printed here, so that pytest's summary stays the last line.
    raise SystemExit(code or mlflow_code)


def do_bench(names: list[str]) -> None:
    set_up()
    for script in sorted((ROOT / "benchmarks").glob("*.py")):
        with_mlflow = script.stem.startswith("mlflow_")
        if not (any(name in script.stem for name in names) if names else not with_mlflow):
            continue
        if with_mlflow:
            set_up_browser()
            install_mlflow()
        say(script.stem)
        folder = mlflow_folder(NEWEST_MLFLOW) if with_mlflow else venv_folder()
        browser = find_browser() if with_mlflow else None
        env = {"PYTHONPATH": str(ROOT), **({"CHROMIUM_PATH": browser} if browser else {})}
        run([program_in(folder, "python"), str(script)], env=env, help="")


def do_screens(arguments: list[str]) -> None:
    set_up()
    set_up_browser()
    say("Pictures of the widget")
    run([venv_program("python"), "scripts/screens.py", *arguments], help="")


def main() -> None:
    if sys.version_info < PYTHON_VERSION:
        raise SetupError(
            "Python {}.{} or newer is needed; this is {}.{}, at {}.".format(
                *PYTHON_VERSION, *sys.version_info[:2], sys.executable
            )
        )
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    opening = commands.add_parser("open", help="open the quickstart in JupyterLab")
    opening.add_argument("--no-browser", action="store_true", help="only print the address")
    opening.add_argument("--port", type=int, help="port of JupyterLab (default: a free one)")
    commands.add_parser("test", help="every check and test", add_help=False)
    commands.add_parser("setup", help="set up .venv, js/node_modules and the bundle")
    building = commands.add_parser("build", help="build the browser bundle")
    building.add_argument("--watch", action="store_true", help="again at each change")
    linting = commands.add_parser("lint", help="formatting, lint, layers")
    linting.add_argument("--fix", action="store_true", help="mend what can be mended")
    typing = commands.add_parser("types", help="generate and check types")
    typing.add_argument("--check", action="store_true", help="only check")
    commands.add_parser("bench", help="run the benchmarks")
    commands.add_parser("screens", help="take pictures of the widget", add_help=False)
    options, rest = parser.parse_known_args()
    if rest and options.command not in ("open", "test", "bench", "screens"):
        parser.error(f"unknown arguments: {' '.join(rest)}")

    match options.command:
        case "open":
            do_open(options, rest)
        case "test":
            do_test(rest)
        case "setup":
            set_up()
            set_up_browser()
        case "build":
            install_node_packages()
            build_bundle(*(["--watch"] if options.watch else []))
        case "lint":
            set_up()
            do_lint(fix=options.fix)
        case "types":
            set_up()
            do_types(check=options.check)
        case "bench":
            do_bench(rest)
        case "screens":
            do_screens(rest)


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"\ndev.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
