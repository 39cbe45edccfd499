"""What the site runs on, read from requirements.lock, as a CycloneDX 1.6 document.

https://cyclonedx.org/docs/1.6/json/ says what each part means.
"""

import re
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NAME_IN_REQUIREMENT = re.compile(r"^[A-Za-z0-9._-]+")
SITE = "clinic-site"


def locked(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes of each package of a lock file, by its name.

    >>> locked("a==1 \\\\\\n    --hash=sha256:" + "0" * 64)["a"][0]
    '1'
    """
    found: dict[str, tuple[str, list[str]]] = {}
    hashes: list[str] = []
    for line in lock.splitlines():
        if pinned := PINNED.match(line):
            hashes = []
            found[normal(pinned["name"])] = (pinned["version"], hashes)
        hashes += HASH.findall(line)
    return found


def normal(name: str) -> str:
    """As package indexes compare names.

    >>> normal("Django_CSP")
    'django-csp'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def bill_of_materials(lock: Path) -> dict[str, Any]:
    """The same for the same lock and the same installed packages. Licences are of what is installed here."""
    text = lock.read_text()
    packages = locked(text)
    refs = {name: f"pkg:pypi/{name}@{version}" for name, (version, _) in packages.items()}
    asked_for = needed_by_nobody_else(refs)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, text)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": SITE, "name": SITE}},
        "components": [
            component(name, version, hashes, refs[name]) for name, (version, hashes) in packages.items()
        ],
        "dependencies": [
            {"ref": SITE, "dependsOn": sorted(asked_for)},
            *({"ref": refs[name], "dependsOn": sorted(needs(name, refs))} for name in packages),
        ],
    }


def component(name: str, version: str, hashes: list[str], ref: str) -> dict[str, Any]:
    files = {
        "type": "distribution",
        "url": ref,
        "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
    }
    described: dict[str, Any] = {
        "type": "library",
        "bom-ref": ref,
        "name": name,
        "version": version,
        "purl": ref,
        "externalReferences": [files],
    }
    if licence := licence_of(name):
        described["licenses"] = [{"license": {"name": licence}}]
    return described


def licence_of(name: str) -> str:
    """In its own words; "" where it says none or is not installed, as what only another system needs."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    said = about.json  # one value a field, a list where a field may be repeated
    classifiers = [line for line in said.get("classifier", []) if line.startswith("License")]
    classified = ", ".join(line.rpartition(" :: ")[2] for line in classifiers)
    written = said.get("license_expression") or classified or said.get("license") or ""
    return str(written).splitlines()[0][:100] if written else ""


def needs(name: str, refs: dict[str, str]) -> set[str]:
    """What a package asks for and the lock has: extras and other systems are in neither."""
    try:
        asked = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return set()
    names = {normal(found.group()) for line in asked if (found := NAME_IN_REQUIREMENT.match(line))}
    return {refs[one] for one in names - {name} if one in refs}


def needed_by_nobody_else(refs: dict[str, str]) -> set[str]:
    """The roots of the tree."""
    return set(refs.values()).difference(*(needs(name, refs) for name in refs))
