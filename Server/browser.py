"""Drives headless Chromium over its debugging pipe, for test-page: no other package is needed."""

import base64
import fcntl
import json
import os
import select
import subprocess
import time


class Browser:
    def __init__(self, profile, *flags, size=(1400, 1000)):
        to_browser, self.requests = os.pipe()
        self.replies, from_browser = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4, which may be taken here.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
        os.close(to_browser)
        os.close(from_browser)
        to_browser, from_browser = ends
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                   f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", *flags, "about:blank"]
        shell = f"exec 3<&{to_browser} 4>&{from_browser} {to_browser}<&- {from_browser}>&-; exec \"$@\""
        self.process = subprocess.Popen(["bash", "-c", shell, "bash", *command], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        pass_fds=[to_browser, from_browser])
        os.close(to_browser)
        os.close(from_browser)
        self.size, self.number, self.received, self.messages = size, 0, b"", []
        target = self.call("Target.createTarget", {"url": "about:blank"})
        self.session = self.call("Target.attachToTarget",
                                 {"targetId": target["targetId"], "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.page(domain + ".enable")
        self.page("Emulation.setDeviceMetricsOverride",
                  {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})

    def call(self, method, parameters=None, session=None, seconds=60):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.requests, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for position, reply in enumerate(self.messages):
                if reply.get("id") == self.number:
                    del self.messages[position]
                    if "error" in reply:
                        raise RuntimeError(f"{method}: {reply['error']}")
                    return reply["result"]
            self.receive(end - time.monotonic())
        raise TimeoutError(method)

    def receive(self, seconds):
        if not select.select([self.replies], [], [], max(seconds, 0))[0]:
            return
        self.received += os.read(self.replies, 1 << 20)
        *whole, self.received = self.received.split(b"\0")
        self.messages += [json.loads(text) for text in whole]

    def page(self, method, parameters=None):
        return self.call(method, parameters, self.session)

    def evaluate(self, script):
        reply = self.page("Runtime.evaluate",
                          {"expression": script, "awaitPromise": True, "returnByValue": True})
        if "exceptionDetails" in reply:
            raise RuntimeError(f"{script}: {json.dumps(reply['exceptionDetails'])[:500]}")
        return reply["result"].get("value")

    def wait(self, script, what, seconds=60):
        """Waits until a script gives something that is true, and gives that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                value = self.evaluate(script)
            except RuntimeError:
                # The page may not be there yet.
                value = None
            if value:
                return value
            time.sleep(0.02)
        text = self.evaluate("document.body.innerText")
        raise AssertionError(f"{what} did not come within {seconds} s; the page shows:\n{text[:2000]}")

    def events(self, method):
        return [message for message in self.messages if message.get("method") == method]

    def key(self, key, **more):
        text = key if len(key) == 1 else ""
        for kind in ("keyDown", "keyUp"):
            self.page("Input.dispatchKeyEvent", {"type": kind, "key": key, "text": text if kind == "keyDown" else "",
                                                 **more})

    def picture(self, path):
        height = self.evaluate("Math.min(1050, document.documentElement.scrollHeight)")
        image = self.page("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": {
            "x": 0, "y": 0, "width": self.size[0], "height": height, "scale": 0.75}})
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def close(self):
        try:
            self.call("Browser.close", seconds=5)
        except (TimeoutError, OSError, RuntimeError):
            pass
        self.process.terminate()
        self.process.wait()
