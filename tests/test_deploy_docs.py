"""The files that the deployment guides show are whole, and fit each other, LiveKit and the code."""

from __future__ import annotations

import configparser
import inspect
import re
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import typer.main
import yaml

from earwitness.cli import app
from earwitness.keys import KEY_VARIABLE
from earwitness.opening import STORE_VARIABLE

ROOT = Path(__file__).parents[1]
SYSTEMD = "run-under-systemd"
DOCKER = "run-in-docker"
KUBERNETES = "run-on-kubernetes"
GUIDES = [SYSTEMD, DOCKER, KUBERNETES]

EXECUTABLE = re.compile(r"/opt/voice-agent/\.venv/bin/\w+")
SECONDS = {"": 1, "s": 1, "m": 60, "min": 60}


def page(name: str) -> str:
    return (ROOT / "docs" / name).with_suffix(".md").read_text(encoding="utf-8")


def guide(name: str) -> str:
    return page(f"how-to/{name}")


def blocks(name: str, language: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", guide(name), re.MULTILINE | re.DOTALL)
    return [text for written_in, text in found if written_in == language]


def seconds(duration: str | int) -> int:
    match = re.fullmatch(r"(\d+)(\w*)", str(duration))
    assert match is not None
    return int(match[1]) * SECONDS[match[2]]


# -- systemd -----------------------------------------------------------------------------------


@pytest.fixture
def unit() -> str:
    [text] = blocks(SYSTEMD, "ini")
    return text


@pytest.fixture
def service(unit: str) -> dict[str, list[str]]:
    """The settings of the unit's service, each with its values in order."""
    settings = unit.partition("\n[Service]\n")[2].partition("\n[")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", settings, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_the_unit_is_one(unit: str):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(unit)
    assert parser.sections() == ["Unit", "Service", "Install"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_has_nothing_to_say_about_the_unit(unit: str, tmp_path: Path):
    path = tmp_path / "voice-agent.service"
    path.write_text(EXECUTABLE.sub("/bin/true", unit), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in run.stderr.splitlines() if path.name in line] == []


def test_the_unit_keeps_what_it_must_in_its_state_folder(service: dict[str, list[str]]):
    environment = dict(line.split("=", 1) for line in service["Environment"])
    folders = {f"/var/lib/{name}" for name in service["StateDirectory"][0].split()}
    assert environment["TMPDIR"] in folders
    assert str(PurePosixPath(environment[STORE_VARIABLE]).parent) in folders


def test_the_unit_hands_over_the_key_that_it_names(service: dict[str, list[str]]):
    environment = dict(line.split("=", 1) for line in service["Environment"])
    name, _, source = service["LoadCredential"][0].partition(":")
    assert environment[KEY_VARIABLE] == f"file:%d/{name}"
    assert source in guide(SYSTEMD).replace(service["LoadCredential"][0], "")


# -- Docker ------------------------------------------------------------------------------------


@pytest.fixture
def compose() -> dict[str, Any]:
    [text] = blocks(DOCKER, "yaml")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture
def image() -> dict[str, str]:
    """The variables that the image sets."""
    [text] = blocks(DOCKER, "dockerfile")
    return dict(re.findall(r"(\w+)=(\S+)", re.findall(r"^ENV (.*)$", text, re.MULTILINE)[0]))


def test_what_a_service_uses_is_declared(compose: dict[str, Any]):
    [service] = compose["services"].values()
    assert set(service["secrets"]) == set(compose["secrets"])
    assert {mount.partition(":")[0] for mount in service["volumes"]} == set(compose["volumes"])


def test_the_container_keeps_what_it_must_in_its_volume(
    compose: dict[str, Any], image: dict[str, str]
):
    [service] = compose["services"].values()
    [mount] = [mount.partition(":")[2] for mount in service["volumes"]]
    assert image.keys() == {STORE_VARIABLE, "TMPDIR"}
    for path in image.values():
        assert str(PurePosixPath(path).parent) == mount


def test_the_container_is_given_the_key_that_it_names(compose: dict[str, Any]):
    [service] = compose["services"].values()
    [secret] = service["secrets"]
    assert service["environment"] == {KEY_VARIABLE: f"file:/run/secrets/{secret}"}


def test_the_shell_understands_the_entrypoint():
    [script] = blocks(DOCKER, "sh")
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert script.splitlines()[-1] == 'exec "$@"'


# -- Kubernetes --------------------------------------------------------------------------------


@pytest.fixture
def manifests() -> dict[str, dict[str, Any]]:
    """By kind."""
    [text] = blocks(KUBERNETES, "yaml")
    return {manifest["kind"]: manifest for manifest in yaml.safe_load_all(text)}


@pytest.fixture
def pod(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = manifests["StatefulSet"]["spec"]["template"]["spec"]
    return found


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["initContainers"], *pod["containers"]]


def test_every_manifest_says_what_it_is(manifests: dict[str, dict[str, Any]]):
    assert set(manifests) == {"ConfigMap", "Service", "StatefulSet"}
    for manifest in manifests.values():
        assert manifest["apiVersion"]
        assert manifest["metadata"]["name"]


def test_the_manifests_select_each_other(manifests: dict[str, dict[str, Any]]):
    spec = manifests["StatefulSet"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["Service"]["metadata"]["name"] == spec["serviceName"]


def test_each_container_has_the_volumes_and_the_variables_that_there_are(
    manifests: dict[str, dict[str, Any]], pod: dict[str, Any]
):
    claims = manifests["StatefulSet"]["spec"]["volumeClaimTemplates"]
    volumes = {claim["metadata"]["name"] for claim in claims}
    volumes |= {volume["name"] for volume in pod["volumes"]}
    for container in containers(pod):
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        [maps] = [s["configMapRef"] for s in container["envFrom"] if "configMapRef" in s]
        assert maps["name"] == manifests["ConfigMap"]["metadata"]["name"]


def test_the_guide_makes_each_secret_that_the_manifests_ask_for(pod: dict[str, Any]):
    asked = {volume["secret"]["secretName"] for volume in pod["volumes"]}
    for container in containers(pod):
        asked |= {s["secretRef"]["name"] for s in container["envFrom"] if "secretRef" in s}
    assert set(re.findall(r"kubectl create secret generic (\S+)", guide(KUBERNETES))) == asked


def test_the_pod_keeps_what_it_must_in_its_volume(
    manifests: dict[str, dict[str, Any]], pod: dict[str, Any], image: dict[str, str]
):
    variables = manifests["ConfigMap"]["data"]
    for container in containers(pod):
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        for name in (STORE_VARIABLE, "TMPDIR"):
            assert variables[name] == image[name]
            assert str(PurePosixPath(variables[name]).parent) == mounts["data"]
        assert variables[KEY_VARIABLE].startswith(f"file:{mounts['signing']}/")
    assert "--from-file " + variables[KEY_VARIABLE].rpartition("/")[2] in guide(KUBERNETES)


def test_the_pod_runs_as_the_user_of_the_image(pod: dict[str, Any]):
    [text] = blocks(DOCKER, "dockerfile")
    user = re.findall(r"--uid (\d+)", text)
    security = pod["securityContext"]
    ids = {str(security[name]) for name in ("runAsUser", "runAsGroup", "fsGroup")}
    assert ids == set(user)


def test_the_pod_runs_what_the_image_has(pod: dict[str, Any]):
    [text] = blocks(DOCKER, "dockerfile")
    [init], [worker] = pod["initContainers"], pod["containers"]
    assert f'ENTRYPOINT ["{init["command"][0]}"]' in text
    assert f"CMD {worker['command']}".replace("'", '"') in text


# -- all of them -------------------------------------------------------------------------------


@pytest.fixture
def grace(
    service: dict[str, list[str]], compose: dict[str, Any], pod: dict[str, Any]
) -> dict[str, int]:
    """What each guide has a worker be given before it is killed, in seconds."""
    [container] = compose["services"].values()
    return {
        SYSTEMD: seconds(service["TimeoutStopSec"][0]),
        DOCKER: seconds(container["stop_grace_period"]),
        KUBERNETES: pod["terminationGracePeriodSeconds"],
    }


@pytest.mark.parametrize("name", GUIDES)
def test_the_grace_period_is_longer_than_what_livekit_takes(name: str, grace: dict[str, int]):
    [drain] = set(re.findall(r'--drain-timeout"?,? "?(\d+)', guide(name)))
    [at_most] = re.findall(r"at most (\d+) seconds", guide(name))
    assert int(at_most) == int(drain) + sum(ends().values())
    assert int(at_most) < grace[name]


def ends() -> dict[str, int]:
    """What LiveKit waits for when a worker ends, behind the calls' own time, in seconds."""
    table = page("explanation/what-survives-what").partition("(ending)=")[2]
    rows = re.findall(r"^\| (for [^|]+) \| (\d+) s \|", table, re.MULTILINE)
    [calls, *others] = rows
    assert "calls" in calls[0]
    return {what: int(at_most) for what, at_most in others}


def test_livekit_waits_as_long_as_we_say():
    worker = pytest.importorskip("livekit.agents.worker")
    from livekit.agents.ipc import job_proc_lazy_main

    defaults = inspect.signature(worker.AgentServer.__init__).parameters
    source = inspect.getsource(job_proc_lazy_main)
    assert list(ends().values()) == [
        *map(int, re.findall(r"asyncio.shield\(job_entry_task\), timeout=(\d+)", source)),
        job_proc_lazy_main._SESSION_ACLOSE_TIMEOUT,
        defaults["session_end_timeout"].default,
        defaults["shutdown_process_timeout"].default,
    ]
    drain = f"| {defaults['drain_timeout'].default} s | `start --drain-timeout`"
    assert drain in page("explanation/what-survives-what")


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_that_a_guide_runs_exists(name: str):
    shown = [text for language in ("console", "ini", "sh") for text in blocks(name, language)]
    used = set(re.findall(r"\bearwitness ([a-z]+)\b", "\n".join(shown)))
    assert {"keygen", "verify"} <= used <= set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("name", GUIDES)
def test_every_variable_of_ours_that_a_guide_sets_is_read(name: str):
    used = set(re.findall(r"\bEARWITNESS_\w+", guide(name) + guide(DOCKER)))
    assert used == {STORE_VARIABLE, KEY_VARIABLE}


@pytest.mark.parametrize("name", GUIDES)
def test_every_audit_line_that_a_guide_speaks_of_exists(name: str):
    alarms = guide(name).partition("## When the disk fails")[2]
    spoken_of = set(re.findall(r"^\| `(\w+)` \|", alarms, re.MULTILINE))
    assert "recording_failing" in spoken_of
    assert spoken_of <= set(re.findall(r"^\| `(\w+)` \|", page("reference/api"), re.MULTILINE))
