"""What was sealed once opens forever. The files in vectors/ are never made anew; a new suite adds a file.

If one of these tests fails after an update, then every answer in every clinic's database fails too: go back.
"""

import datetime
import json
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from intake.keys import HPKE, Keyring, PrivateKey, PublicKey
from intake.sealing import Context, Purpose, Sealed, open_both, open_draft, open_text
from intake.secret import Secret
from tests.sealed_rows import KEYS, VECTORS, from_base64

ROWS: list[dict[str, Any]] = json.loads((VECTORS / "suite-1.json").read_text())["rows"]
DRAFTS: list[dict[str, Any]] = json.loads((VECTORS / "drafts-1.json").read_text())["drafts"]
PRIVATE = {
    KEYS[name]["id"]: PrivateKey.from_text(KEYS[name]["private"]) for name in KEYS if name != "warning"
}
SUBMISSIONS = [row for row in ROWS if row["context"]["purpose"] == "submission"]


def context_of(row: dict[str, Any]) -> Context:
    facts = dict(row["context"])
    return Context(
        purpose=Purpose(facts.pop("purpose")),
        submission_id=uuid.UUID(facts.pop("submission_id")),
        received_at=datetime.datetime.fromisoformat(facts.pop("received_at")),
        **facts,
    )


def sealed_of(row: dict[str, Any]) -> Sealed:
    columns = dict(row["sealed"])
    if columns["head"] == "as in the row before":
        before = ROWS[ROWS.index(row) - 1]["sealed"]
        columns |= {"head": before["head"], "body": before["body"]}
    binary = {name: from_base64(columns.pop(name)) for name in ("clinic_wrap", "escrow_wrap", "head", "body")}
    return Sealed(**columns, **binary)


def by_name(row: dict[str, Any]) -> str:
    return str(row["name"])


@pytest.mark.parametrize("row", ROWS, ids=by_name)
@pytest.mark.parametrize("wrap", ["clinic_key_id", "escrow_key_id"])
def test_a_row_of_suite_1_opens(row: dict[str, Any], wrap: str) -> None:
    sealed, context = sealed_of(row), context_of(row)
    keyring = Keyring([PRIVATE[getattr(sealed, wrap)]])
    assert sealed.suite == 1
    assert bytes(context) == from_base64(row["context_bytes"])
    if row in SUBMISSIONS:
        assert open_both(sealed, context, keyring) == (from_base64(row["head"]), from_base64(row["body"]))
    else:
        assert open_text(sealed, context, keyring) == from_base64(row["head"])


@pytest.mark.parametrize("row", SUBMISSIONS, ids=by_name)
def test_the_format_is_what_the_page_in_sealing_says(row: dict[str, Any]) -> None:
    """Opened by hand: whoever has the escrow key, a row and that description needs no program of ours."""
    sealed, facts = sealed_of(row), row["context"]
    texts = [
        facts[name] for name in ("purpose", "submission_id", "questionnaire", "definition_hash", "rules_hash")
    ]
    received_at = datetime.datetime.fromisoformat(facts["received_at"]).isoformat(timespec="microseconds")
    texts += [facts["kind"], facts["priority"], received_at, facts["author"]]
    context = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in [b"clinic sealing", b"\x01", *(t.encode() for t in texts)]
    )
    key = PRIVATE[sealed.escrow_key_id]
    data_key = HPKE.decrypt(sealed.escrow_wrap, key.hpke_key, info=context)
    for part, ciphertext in (("head", sealed.head), ("body", sealed.body)):
        part_key = HKDF(SHA256(), 32, None, f"clinic sealing {part} v1".encode()).derive(data_key)
        padded = AESGCM(part_key).decrypt(bytes(12), ciphertext, context)
        length = int.from_bytes(padded[:4], "big")
        assert padded[4 : 4 + length] == from_base64(row[part])
        assert not padded[4 + length :].strip(b"\0")


@pytest.mark.parametrize("draft", DRAFTS, ids=["empty", "with an answer"])
def test_a_draft_of_suite_1_opens(draft: dict[str, Any]) -> None:
    secret = Secret.from_code(draft["code"])
    assert str(secret.draft_id) == draft["draft_id"]
    assert secret.draft_key == from_base64(draft["key"])
    opened = open_draft(from_base64(draft["sealed"]), key=secret.draft_key, draft_id=secret.draft_id)
    assert opened == from_base64(draft["plaintext"])


@pytest.mark.parametrize("name", [name for name in KEYS if name != "warning"])
def test_a_key_file_of_version_1_is_read(name: str) -> None:
    private = PrivateKey.from_text(KEYS[name]["private"])
    public = PublicKey.from_text(KEYS[name]["public"])
    assert private.public_key == public
    assert private.id == public.id == KEYS[name]["id"]
    comment = KEYS["warning"]
    assert (private.to_text(comment), public.to_text(comment)) == (
        KEYS[name]["private"],
        KEYS[name]["public"],
    )
