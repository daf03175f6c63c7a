"""Proofs of single steps."""

from __future__ import annotations

import ctypes
import io
from dataclasses import dataclass
from typing import Any, BinaryIO, List, Optional, Union

from . import _library as c
from ._handle import Handle, Path
from ._streams import COMPRESSIONS, Guard, pick, writer


@dataclass(frozen=True)
class ContractCall:
    """A call of a contract."""

    #: "load" loads the part of a pre-image that the step reads, "read" asks whether it is loaded,
    #: "step" executes the step.
    purpose: str
    #: "PreimageOracle" or "MIPS".
    contract: str
    #: The function's signature, such as ``step(bytes,bytes,bytes32)``.
    function: str
    #: The call's data: the selector and the encoded arguments.
    data: bytes


def _exact(value: Optional[bytes], size: int, name: str) -> Optional[bytes]:
    """The bytes of an option that has a fixed size."""
    data = None if value is None else c.content(value)
    if data is not None and len(data) != size:
        raise ValueError(f"{name} has {len(data)} bytes instead of {size}")
    return data


class Proof(Handle):
    """Everything that a contract needs to execute one step, and the claim after it.

    From ``Machine.prove()``, or from a file by ``open()``. Closed by ``with``, ``close()``, or when
    it is collected.
    """

    _kind = "proof"

    def __copy__(self) -> "Proof":
        """The proof itself, which does not change: ``dataclasses.asdict()`` copies what it finds."""
        return self

    def __deepcopy__(self, memo: Any) -> "Proof":
        """The proof itself."""
        return self

    @classmethod
    def open(cls, source: Union[Path, bytes]) -> "Proof":
        """Opens a file of one proof, or its contents as bytes, compressed or not."""
        return cls._of_file(source)

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

    def calldata(
        self,
        *,
        local_context: Optional[bytes] = None,
        caller: Optional[bytes] = None,
        kzg_proof: Optional[bytes] = None,
        preimage_folder: Optional[Path] = None,
    ) -> List[ContractCall]:
        """The contract calls that execute the step, in the order in which they are made.

        They load the pre-image that the step reads, if it reads one, ask whether it is loaded, and
        execute the step. The proof is not verified. ``local_context`` is that of the dispute, 32
        bytes, zeros by default; ``caller`` is the address of the dispute game, 20 bytes, without
        which there is no call that asks for a local input. To load a blob's field element, its KZG
        proof of 48 bytes is needed, and for blobs and precompiles the directory in which a host
        stored what their keys are hashes of.
        """
        calls: List[ContractCall] = []

        def take(_: Any, call: Any) -> None:
            item = call.contents
            purpose, contract, function = item.purpose, item.contract, item.function
            data = ctypes.string_at(item.data, item.count)
            calls.append(
                ContractCall(purpose.decode(), contract.decode(), function.decode(), data)
            )

        options = c.CalldataOptions(
            _exact(local_context, 32, "local_context"),
            _exact(caller, 20, "caller"),
            _exact(kzg_proof, 48, "kzg_proof"),
            None if preimage_folder is None else c.text(preimage_folder),
        )
        callback = c.CONTRACT_CALL(take)
        c.call("proof_calldata", self._handle, ctypes.byref(options), callback, None)
        return calls

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
