#!/usr/bin/env python3
"""Drives several VMs at once through fpvm.h, each from several threads:
drive.py ([LIBRARY PROGRAM KEY PREIMAGE])..., as drive.c."""
import ctypes
import sys
import threading
from ctypes import CFUNCTYPE, POINTER, byref, c_int32, c_uint32, c_uint64, c_void_p, sizeof

OK, NOT_FOUND, EXITED, AT_EXIT, ANY_KIND = 0, 5, 8, 1, 0xFFFFFFFF


class Bytes(ctypes.Structure):
    _fields_ = [("bytes", c_void_p), ("count", c_uint64)]

    def __bytes__(self):
        return ctypes.string_at(self.bytes, self.count) if self.count else b""


class Error(ctypes.Structure):
    _fields_ = [("size", c_uint64), ("text", c_void_p), ("room", c_uint64), ("count", c_uint64)]


class Input(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("bytes", Bytes), ("read", c_void_p), ("context", c_void_p),
        ("options", c_void_p), ("option_count", c_uint64), ("kind", c_uint32),
        ("reserved", c_uint32)]


class Info(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("step", c_uint64), ("memory", c_uint64), ("exit_code", c_uint64),
        ("kind", c_uint32), ("exited", c_uint32)]


Preimage = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64, POINTER(Bytes))
Output = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p, c_uint64)


class Callbacks(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("context", c_void_p), ("preimage", Preimage), ("hint", c_void_p),
        ("output", Output), ("progress", c_void_p), ("progress_interval", c_uint64)]


class Run(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("until", c_uint64), ("flags", c_uint32), ("reserved", c_uint32)]


class Stop(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("step", c_uint64), ("reason", c_uint32), ("reserved", c_uint32)]


Load = CFUNCTYPE(c_int32, POINTER(Input), POINTER(c_void_p), POINTER(Error))
Give = CFUNCTYPE(c_int32, c_void_p, POINTER(Bytes), POINTER(Error))


class Table(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("capabilities", c_uint64), ("abi", c_uint32), ("kind_count", c_uint32),
        ("kinds", c_void_p), ("option_count", c_uint64), ("options", c_void_p), ("name", Bytes),
        ("version", Bytes), ("claim_size", c_uint64), ("progress_limit", c_uint64),
        ("load_program", Load), ("load_state", Load), ("clone", c_void_p),
        ("free_machine", CFUNCTYPE(c_int32, c_void_p)),
        ("free_bytes", CFUNCTYPE(None, POINTER(Bytes))),
        ("set_callbacks", CFUNCTYPE(c_int32, c_void_p, POINTER(Callbacks), POINTER(Error))),
        ("info", CFUNCTYPE(c_int32, c_void_p, POINTER(Info), POINTER(Error))),
        ("claim", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64, POINTER(Error))),
        ("witness", Give), ("claim_of_witness", c_void_p), ("save_state", Give),
        ("write_state", c_void_p),
        ("run", CFUNCTYPE(c_int32, c_void_p, POINTER(Run), POINTER(Stop), POINTER(Error))),
        ("prove", CFUNCTYPE(c_int32, c_void_p, POINTER(c_void_p), POINTER(Error))),
        ("free_proof", CFUNCTYPE(None, c_void_p)),
        ("verify", CFUNCTYPE(c_int32, c_void_p, POINTER(Error))), ("describe", Give)]


class VM:
    def __init__(self, library, program, key, preimage):
        get = ctypes.CDLL(library, mode=ctypes.RTLD_LOCAL).fpvm_get
        get.restype, get.argtypes = POINTER(Table), [c_uint32]
        self.table = get(1).contents
        assert self.table.abi == 1 and self.table.size >= sizeof(Table)
        with open(program, "rb") as file:
            self.program = file.read()
        self.key = b"" if key == "-" else bytes.fromhex(key)
        self.preimage = b""
        if preimage != "-":
            with open(preimage, "rb") as file:
                self.preimage = file.read()

    def drive(self, results):
        table, room = self.table, ctypes.create_string_buffer(256)
        error = Error(sizeof(Error), ctypes.addressof(room), 256, 0)
        kept = ctypes.create_string_buffer(self.preimage, len(self.preimage))
        written = bytearray()

        def ok(status):
            assert status == OK, (status, room.raw[: error.count])

        @Preimage
        def preimage(_, key, count, result):
            if ctypes.string_at(key, count) != self.key:
                return NOT_FOUND
            result.contents.bytes = ctypes.addressof(kept)
            result.contents.count = len(self.preimage)
            return OK

        @Output
        def output(_, stream, text, count):
            written.extend(ctypes.string_at(text, count))

        callbacks = Callbacks(sizeof(Callbacks), None, preimage, None, output, None, 0)
        program = ctypes.create_string_buffer(self.program, len(self.program))
        text = Bytes(ctypes.addressof(program), len(self.program))
        source = Input(sizeof(Input), text, kind=ANY_KIND)
        machine, info, proofs = c_void_p(), Info(sizeof(Info)), 0
        ok(table.load_program(byref(source), byref(machine), byref(error)))
        ok(table.set_callbacks(machine, byref(callbacks), byref(error)))
        while True:
            ok(table.info(machine, byref(info), byref(error)))
            stop = Stop(sizeof(Stop))
            how = Run(sizeof(Run), info.step + 37)
            ok(table.run(machine, byref(how), byref(stop), byref(error)))
            if stop.reason == AT_EXIT:
                break
            proof = c_void_p()
            ok(table.prove(machine, byref(proof), byref(error)))
            ok(table.verify(proof, byref(error)))
            table.free_proof(proof)
            proofs += 1
            state = Bytes()
            ok(table.save_state(machine, byref(state), byref(error)))
            ok(table.free_machine(machine))
            source.bytes = state
            ok(table.load_state(byref(source), byref(machine), byref(error)))
            table.free_bytes(byref(state))
            ok(table.set_callbacks(machine, byref(callbacks), byref(error)))
        ok(table.info(machine, byref(info), byref(error)))
        claim = ctypes.create_string_buffer(64)
        ok(table.claim(machine, ctypes.addressof(claim), 64, byref(error)))
        ok(table.free_machine(machine))
        results.append((info.step, proofs, bytes(written), claim.raw))


def main():
    words = sys.argv[1:]
    vms = [VM(*words[i : i + 4]) for i in range(0, len(words), 4)]
    results = [[] for _ in vms]
    threads = [
        threading.Thread(target=vm.drive, args=[result])
        for vm, result in zip(vms, results)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for vm, result in zip(vms, results):
        assert len(result) == 4 and len(set(result)) == 1, "the threads differ"
        step, proofs, written, _ = result[0]
        print(
            f"{bytes(vm.table.name).decode()}: {step} steps, {proofs} proofs,"
            f" {len(written)} bytes of output on each of 4 threads"
        )


if __name__ == "__main__":
    main()
