"""Keys and sealed rows for tests. Making a key costs little, but the same one is clearer."""

import base64
import datetime
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from intake.keys import Keyring, PrivateKey, Recipients
from intake.sealing import Context, Purpose, Sealed, seal, seal_text

VECTORS = Path(__file__).parent / "vectors"
KEYS: dict[str, Any] = json.loads((VECTORS / "keys.json").read_text())

CLINIC = PrivateKey.from_text(KEYS["clinic"]["private"])
NEXT_CLINIC = PrivateKey.from_text(KEYS["clinic-next"]["private"])
ESCROW = PrivateKey.from_text(KEYS["escrow"]["private"])
STRANGER = PrivateKey.generate()
RECIPIENTS = Recipients(CLINIC.public_key, ESCROW.public_key)
CLINIC_RING, ESCROW_RING = Keyring([CLINIC]), Keyring([ESCROW])

HEAD, BODY, NOTE = b"head: Test Patient 17", b"body: pain in the left foot", b"note: called back"

PATIENT = Context(
    purpose=Purpose.SUBMISSION,
    submission_id=uuid.UUID("a939b456-86cd-3356-4ff9-1c834676cdc4"),
    questionnaire="https://clinic.example/fhir/Questionnaire/ketamine-screening|1.4.0",
    definition_hash="5f" * 32,
    rules_hash="c0" * 32,
    kind="patient",
    priority="crisis_now",
    received_at=datetime.datetime(2026, 11, 22, 20, 38, 58, 60894, tzinfo=datetime.UTC),
)
ABOUT_A_NOTE = replace(
    PATIENT,
    purpose=Purpose.NOTE,
    questionnaire="",
    definition_hash="",
    rules_hash="",
    priority="",
    author="nurse",
)


def sealed_row(head: bytes = HEAD, body: bytes = BODY, context: Context = PATIENT) -> Sealed:
    return seal(head, body, context, RECIPIENTS)


def sealed_note(text: bytes = NOTE, context: Context = ABOUT_A_NOTE) -> Sealed:
    return seal_text(text, context, RECIPIENTS)


def key_file(folder: Path, name: str, text: str, *, mode: int = 0o400) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
