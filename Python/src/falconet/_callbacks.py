"""Callbacks of machines and traces: pre-images, hints, output, progress."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from typing import Any, Callable, Mapping, Optional, Sequence, Union

from . import _library as c
from ._streams import Guard

# A function from a key to its pre-image, None for none; or a dictionary.
PreimageSource = Union[Callable[[bytes], Optional[bytes]], Mapping[bytes, bytes]]


class Callbacks:
    """Holds the callbacks as long as the library may call them, and what they raised.

    Refers to no machine and no trace, so that these are collected when they are no longer used.
    """

    def __init__(self, kind: str) -> None:
        self.guard = Guard()
        self._kind = kind
        self._preimage: Any = c.PREIMAGE()
        self._hint: Any = c.HINT()
        self._output: Any = c.OUTPUT()
        self._server_output: Any = c.OUTPUT()
        self._progress: Any = c.PROGRESS()

    def set_preimages(
        self,
        handle: Any,
        source: Optional[PreimageSource],
        hint: Optional[Callable[[bytes], None]],
    ) -> None:
        get = source.get if isinstance(source, Mapping) else source

        def preimage(_: Any, key: Any, answer: int) -> int:
            def body() -> int:
                data = get(ctypes.string_at(key, 32)) if get else None
                if data is None:
                    return c.NOT_FOUND
                preimage = c.content(data)
                c.call("answer_append", answer, preimage, len(preimage))
                return c.OK

            status = int(self.guard.run(body, c.IO_ERROR))
            if status == c.IO_ERROR:
                reason = f"the pre-image source raised {self.guard.error!r}"
                c.call("answer_explain", answer, reason.encode("utf-8", "replace"))
            return status

        def send(_: Any, data: Any, count: int) -> int:
            def body() -> int:
                if hint:
                    hint(ctypes.string_at(data, count))
                return c.OK

            return int(self.guard.run(body, c.IO_ERROR))

        callbacks = (c.PREIMAGE(preimage), c.HINT(send))
        c.call(f"{self._kind}_set_preimages", handle, *callbacks, None)
        self._preimage, self._hint = callbacks

    def set_server(
        self,
        handle: Any,
        command: Sequence[str],
        timeout: Optional[int],
        output: Optional[Callable[[int, bytes], None]],
    ) -> None:
        def take(_: Any, stream: int, data: Any, count: int) -> None:
            if output:
                output(stream, ctypes.string_at(data, count))

        callback = c.OUTPUT(take)
        words = (ctypes.c_char_p * (len(command) + 1))(*(c.text(word) for word in command), None)
        seconds = c.FOREVER if timeout is None else c.number(timeout, 31, "timeout")
        c.call(f"{self._kind}_set_preimage_server", handle, words, seconds, callback, None)
        self._server_output = callback

    def set_output(self, handle: Any, output: Optional[Callable[[int, bytes], None]]) -> None:
        def take(_: Any, stream: int, data: Any, count: int) -> None:
            if output:
                self.guard.run(lambda: output(stream, ctypes.string_at(data, count)), None)

        callback = c.OUTPUT(take)
        c.call("machine_set_output", handle, callback, None)
        self._output = callback

    def set_progress(
        self, handle: Any, progress: Optional[Callable[[int], Optional[bool]]], interval: int
    ) -> None:
        """Even without a function, the callback ends a run whose output callback raised."""

        def report(_: Any, step: int) -> bool:
            def body() -> bool:
                if self.guard.error is not None:
                    return False
                return progress is None or progress(step) is not False

            return bool(self.guard.run(body, False))

        callback = c.PROGRESS(report)
        steps = c.number(interval, 64, "interval")
        c.call(f"{self._kind}_set_progress", handle, callback, steps, None)
        self._progress = callback

    def call(self, handle: Any, function: str, *arguments: Any) -> None:
        """Calls a function that may call back, and raises what callbacks raised."""
        self.execute(handle, lambda: self.guard.call(function, handle, *arguments))

    def execute(self, handle: Any, body: Callable[[], None]) -> None:
        """Calls ``body``, which calls a function that may call back.

        Python raises KeyboardInterrupt in the main thread, whatever that executes; in a callback it
        could not be caught in time. The main thread therefore waits while another one makes the call.
        """
        if threading.current_thread() is not threading.main_thread():
            body()
            return
        failures: list[BaseException] = []
        done = threading.Event()

        def work() -> None:
            try:
                body()
            except BaseException as error:
                failures.append(error)
            finally:
                done.set()

        worker = threading.Thread(target=work, name="falconet", daemon=True)
        try:
            worker.start()
            done.wait()
        except RuntimeError:
            # The system gives no thread.
            raise
        except BaseException:
            self._end(handle, worker, done)
            raise
        if failures:
            raise failures[0]

    def _end(self, handle: Any, worker: threading.Thread, done: threading.Event) -> None:
        """Cancels a call and waits for its end, however often the user interrupts that.

        Interrupts are ignored meanwhile: one that came while another is handled, outside any ``try``,
        would leave the thread that makes the call behind.
        """
        handler: Any = None
        patience = 10
        while not done.is_set():
            try:
                # Only a function of Python can raise.
                if not callable(handler):
                    handler = signal.getsignal(signal.SIGINT)
                if callable(handler):
                    with contextlib.suppress(ValueError):  # A subinterpreter sets no handlers.
                        signal.signal(signal.SIGINT, signal.SIG_IGN)
                c.call(f"{self._kind}_cancel", handle)
                # A thread that does not appear was interrupted before it was started.
                patience -= 0 if worker.is_alive() else 1
                if done.wait(0.1) or patience == 0:
                    break
            except BaseException:
                continue
        try:
            if callable(handler):
                signal.signal(signal.SIGINT, handler)
        except BaseException:
            pass
        try:
            # If the call ended by itself, the cancellation is still pending.
            c.call(f"{self._kind}_resume", handle)
        except BaseException:
            pass
