"""Every check of the project: `nox` runs what CI runs, `nox -l` lists them all."""

import shutil
from os import cpu_count

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"

PYPROJECT = nox.project.load_toml("pyproject.toml")

# The LiveKit releases we promise, oldest first, each with what it needs beside it to import.
# 1.3 to 1.5 import httpx without asking for it and take an openai that has since moved off it.
LIVEKIT = {
    "1.3.12": ["httpx", "openai<3"],
    "1.5.17": ["httpx", "openai<3"],
    "1.6.10": [],
    "1.7.1": [],
    "1.8.9": [],
}
OLDEST, *_, NEWEST = LIVEKIT

# The demo's calls by voice, which need packages that nothing else does.
VOICE = "tests/audio/test_demo_voice.py"

# The demo's call, recorded once and for all.
RECORDED = "tests/data/recordings"
NO_LIVEKIT = "from importlib.util import find_spec; assert not find_spec('livekit')"

# Two to four test files at a time: a container counts the processors of its host.
AT_ONCE = ("-n", str(min(max(2, cpu_count() or 2), 4)), "--dist", "loadfile")

# `tests` covers the newest LiveKit; `nox -s compat` runs all of them.
nox.options.sessions = [
    "lint",
    "types",
    "imports",
    "tests",
    "faults",
    f"compat({OLDEST})",
    "browser",
    "nolivekit",
    "docs",
]


def group(name: str) -> list[str]:
    return nox.project.dependency_groups(PYPROJECT, name)


def install_with_livekit(session: nox.Session, livekit: str, *more: str) -> None:
    """Install the built package, not the source tree: what is missing from the wheel must fail."""
    extras = "livekit,redact,timestamps,viewer"
    session.install(f".[{extras}]", f"livekit-agents=={livekit}", *LIVEKIT[livekit], *more)


def run_pytest(session: nox.Session, *args: str) -> None:
    session.run("pytest", *args, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types: strictly in src, then the public API as users of the wheel see it."""
    install_with_livekit(session, NEWEST, *group("types"))
    session.run("mypy", "src")
    session.run("mypy", "tests/typing")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that imports point inward, without installing anything of ours."""
    session.install(*group("imports"))
    session.run("lint-imports", env={"PYTHONPATH": "src"})


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test and every example but those of the next sessions, on the newest LiveKit."""
    install_with_livekit(session, NEWEST, *group("tests"))
    ignored = [f"--ignore={each}" for each in ("tests/faults", "tests/browser", VOICE)]
    session.notify("coverage")  # which makes it take about twice its time
    session.run("coverage", "run", "-m", "pytest", *AT_ONCE, *ignored, *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Kill recordings and break disks, hundreds of times; less than three minutes."""
    install_with_livekit(session, NEWEST, *group("tests"))
    run_pytest(session, "tests/faults")


@nox.session
def browser(session: nox.Session) -> None:
    """Click through the pages in the distribution's Chromium; about a minute."""
    if shutil.which("chromium") is None:
        session.skip("there is no chromium: on Debian, apt-get install chromium")
    install_with_livekit(session, NEWEST, *group("tests"), *group("browser"))
    run_pytest(session, *AT_ONCE, "tests/browser")


@nox.session(default=False)
def voice(session: nox.Session) -> None:
    """Hold the demo's calls by voice, and understand what was recorded; they take their time."""
    install_with_livekit(session, NEWEST, ".[demo-voice]", *group("tests"))
    run_pytest(session, "-n", "2", VOICE)


@nox.session
@nox.parametrize("livekit", [nox.param(version, id=version) for version in LIVEKIT])
def compat(session: nox.Session, livekit: str) -> None:
    """Run the LiveKit tests on one of the releases we promise."""
    install_with_livekit(session, livekit, *group("tests"))
    run_pytest(session, *AT_ONCE, "tests/livekit")


@nox.session
def nolivekit(session: nox.Session) -> None:
    """Check that the package works where LiveKit is not installed."""
    session.install(".")
    session.run("python", "-c", NO_LIVEKIT)
    session.run("earwitness", "--help")
    for command in ("ls", "show last", "report last", "report last --json", "verify"):
        session.run("earwitness", *command.split(), "--store", RECORDED, silent=True)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what recording costs, print it, and write it into the documentation."""
    install_with_livekit(session, NEWEST, *group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken reference is an error."""
    install_with_livekit(session, NEWEST, *group("docs"))
    session.run("sphinx-build", "-q", "-W", "-n", "-b", "html", "docs", "docs/_build/html")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Report branch coverage of src and tests over `tests`."""
    session.install("coverage")
    session.run("coverage", "combine")
    session.run("coverage", "report")
