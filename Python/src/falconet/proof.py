"""Proofs of single steps."""

from __future__ import annotations

import ctypes
import io
from typing import BinaryIO, Optional, Union

from . import _library as c
from ._handle import Handle, Path
from ._streams import COMPRESSIONS, Guard, pick, writer


class Proof(Handle):
    """Everything that a contract needs to execute one step, and the claim after it.

    From ``Machine.prove()``, or from a file by ``open()``. Closed by ``with``, ``close()``, or when
    it is collected.
    """

    _kind = "proof"

    @classmethod
    def open(cls, source: Union[Path, bytes]) -> "Proof":
        """Opens a file of one proof, or its contents as bytes, compressed or not."""
        handle = ctypes.c_void_p()
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = c.content(source)
            c.call("proof_open_memory", data, len(data), ctypes.byref(handle))
        else:
            c.call("proof_open", c.text(source), ctypes.byref(handle))
        return cls(handle)

    def verify(self, version: Optional[int] = None, revision: Optional[str] = None) -> None:
        """Executes the step from the proof alone, and checks the claims.

        Without a state version, the proof's own is used, or else every version whose data has these
        sizes. Without a revision, the newest of each version is used. Raises ``RejectedError`` if
        the proof does not hold.
        """
        number = c.ANY_VERSION if version is None else c.number(version, 31, "state version")
        name = None if revision is None else c.text(revision)
        c.call("proof_verify_revision", self._handle, number, name)

    def _info(self) -> c.ProofInfo:
        info = c.ProofInfo()
        c.call("proof_get_info", self._handle, ctypes.byref(info))
        return info

    @property
    def step(self) -> Optional[int]:
        """Steps executed before the proved one; None if the file does not say."""
        info = self._info()
        return int(info.step) if info.has_step else None

    @property
    def pre(self) -> Optional[bytes]:
        """The claim before the step, 32 bytes; None if the file does not say."""
        info = self._info()
        return bytes(info.pre) if info.has_pre else None

    @property
    def post(self) -> bytes:
        """The claim after the step, 32 bytes."""
        return bytes(self._info().post)

    @property
    def preimage_key(self) -> Optional[bytes]:
        """The key of the pre-image that the step reads part of, 32 bytes; None for none."""
        info = self._info()
        return bytes(info.preimage_key) if info.has_preimage else None

    @property
    def preimage_offset(self) -> int:
        """Offset of the part that is read, counted from the length prefix."""
        return int(self._info().preimage_offset)

    @property
    def preimage(self) -> bytes:
        """The whole pre-image, preceded by its length in 8 bytes, big-endian; empty for none."""
        return c.buffer("proof_preimage", self._handle)

    @property
    def state_data(self) -> bytes:
        """The witness before the step."""
        return c.buffer("proof_state_data", self._handle)

    @property
    def proof_data(self) -> bytes:
        """The thread's witness, in versions with threads, and the memory proofs."""
        return c.buffer("proof_proof_data", self._handle)

    def save(self, path: Path) -> None:
        """Writes a proof file, compressed with gzip if its name ends in ``.gz``."""
        c.call("proof_save", self._handle, c.text(path))

    def write(self, stream: BinaryIO, compression: Optional[str] = None) -> None:
        """Writes the proof's JSON to a stream; ``compression`` is None, "gzip" or "zstd"."""
        guard = Guard()
        number = pick(COMPRESSIONS, compression, "compression")
        guard.call("proof_write", self._handle, number, writer(stream, guard), None)

    def to_json(self) -> bytes:
        """The proof file's JSON."""
        stream = io.BytesIO()
        self.write(stream)
        return stream.getvalue()
