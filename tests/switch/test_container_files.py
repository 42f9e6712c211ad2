"""The container files say nothing that is not so: folders, targets and settings that they name exist.

Building and running them needs a container engine, which tests do without.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cordboard.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = (REPOSITORY / "docker/Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(REPOSITORY / "docker/compose.yaml")
    return found


def test_each_service_is_built_from_a_target_of_the_dockerfile(compose: dict[str, Any]) -> None:
    targets = set(re.findall(r"(?m)^FROM \S+ AS (\S+)$", DOCKERFILE))
    for name, service in compose["services"].items():
        assert service["build"]["target"] in targets, name
        assert (REPOSITORY / "docker" / service["build"]["context"]).resolve() == REPOSITORY
        assert service["build"]["dockerfile"] == "docker/Dockerfile"


def test_stages_follow_from_one_another_and_copy_what_is_there() -> None:
    known = {"debian:forky-slim"}
    for parent, name in re.findall(r"(?m)^FROM (\S+) AS (\S+)$", DOCKERFILE):
        assert parent in known
        known.add(name)
    sources = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--from)", line)]
    for source in itertools.chain.from_iterable(sources):
        assert (REPOSITORY / source).exists(), source


def test_each_setting_that_the_services_give_exists(compose: dict[str, Any]) -> None:
    known = {f"CORDBOARD_{field.name.upper()}" for field in dataclasses.fields(Settings)}
    for name, service in compose["services"].items():
        assert set(service.get("environment", {})) <= known, name


def test_volumes_are_declared_and_the_two_of_a_site_share_one_network(compose: dict[str, Any]) -> None:
    services = compose["services"]
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert named == set(compose["volumes"])
    assert services["cordboard"]["network_mode"] == "service:asterisk"
    assert "ports" not in services["cordboard"]
    assert "ports" not in services["demo"]
