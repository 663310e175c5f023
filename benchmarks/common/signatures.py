"""Which folders this user wrote: a keyed digest of their files (HMAC, RFC 2104), with a key of the user's.

The key lies in the folder for the state of programs. Without it nobody can sign: so a folder from elsewhere, or one
that was changed since, is told from one's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import sys
import tempfile
from pathlib import Path

from benchmarks.common.bounded_reading import open_regular, read_file

SIGNATURE = "signature.txt"
KEY_BYTES = 32


def sign(folder: Path) -> None:
    """Write the keyed digest of a folder into it; raises OSError if there is no key and none can be made."""
    digest = _digest(folder, _key() or _new_key())
    (folder / SIGNATURE).write_text(digest, encoding="ascii")


def is_own(folder: Path) -> bool:
    """Return whether this user signed a folder and nothing in it was changed since."""
    try:
        key = _key()
        signature = read_file(folder / SIGNATURE, 1000, follow=False)
        return key is not None and hmac.compare_digest(signature, _digest(folder, key).encode("ascii"))
    except OSError:
        return False


def key_file() -> Path:
    """Return where the key is: below XDG_STATE_HOME, or the system's folder for it. Raises OSError without a home."""
    state = os.environ.get("XDG_STATE_HOME")
    if state and Path(state).is_absolute():
        return Path(state) / "digitbench" / "key"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise FileNotFoundError("there is no home folder") from error
    below = "Library/Application Support" if sys.platform == "darwin" else ".local/state"
    return home / below / "digitbench" / "key"


def _digest(folder: Path, key: bytes) -> str:
    """Return the keyed digest of the names and contents of all files; raises OSError for what is no file or folder."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == SIGNATURE or stat.S_ISDIR(path.lstat().st_mode):
            continue
        with open_regular(path, follow=False) as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{len(os.fsencode(name))}:".encode() + os.fsencode(name) + content.encode("ascii"))
    return digest.hexdigest()


def _key() -> bytes | None:
    """Return the key; None without one. Raises OSError if it cannot be read, or others could have written it."""
    path = key_file()
    try:
        status = path.lstat()
        content = read_file(path, 2 * KEY_BYTES, follow=False)
    except FileNotFoundError:
        return None
    if len(content) != KEY_BYTES or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{path} is no key that only you can read; delete it")
    return content


def _new_key() -> bytes:
    """Write a new key and return it, or that of another process which was quicker; raises OSError."""
    path = key_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent)  # which only this user can read
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
    return _key() or _new_key()
