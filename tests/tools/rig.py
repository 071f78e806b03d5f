# SPDX-License-Identifier: Apache-2.0
"""What the kill test and the uplink's bench share: certificates, stand-in, service, its socket.

Everything lives in one temporary folder; close() ends every process that was started and removes
the folder. BUILD names the folder of the programs, KEEP=1 leaves the work folder behind.
"""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
KEYS = {
    "access_key": "5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10",
    "secret_key": "Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S",
}


class Rig:
    def __init__(self, name):
        self.work = tempfile.mkdtemp(prefix="navette-" + name + ".")
        self.children = []
        self.service_env = {}  # what the service alone finds in its environment
        self.standin_port = None
        self._https = None
        home = self.path("home")
        os.mkdir(home)
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("NAVETTE_", "XDG_", "NOTIFY_", "WATCHDOG_"))
                    and k not in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY")}
        self.env.update(HOME=home, LC_ALL="C.UTF-8")
        subprocess.run(["sh", os.path.join(ROOT, "tests/pki/make-pki.sh"), self.path("pki")],
                       check=True, stdout=subprocess.DEVNULL)
        with open(self.path("keys"), "w", opener=private) as f:
            f.writelines("%s = %s\n" % pair for pair in KEYS.items())

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.work, ignore_errors=True)

    # ---- processes ----

    def start(self, *words, log, env=None):
        with open(self.path(log), "ab") as out:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                     env=dict(self.env, **(env or {})), cwd=self.work)
        self.children.append(child)
        return child

    def run(self, *words):
        subprocess.run(words, check=True, env=self.env, cwd=self.work, stdin=subprocess.DEVNULL)

    def output(self, program, *words):
        """What one of our programs says, as subprocess.run tells it."""
        return subprocess.run([os.path.join(BUILD, program), *words], env=self.env, cwd=self.work,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def announced(self, child, file):
        """The port that the child writes to the file once it listens."""
        deadline = time.monotonic() + 10
        while not (os.path.exists(file) and os.path.getsize(file)):
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("%s did not start" % child.args[0])
            time.sleep(0.01)
        with open(file) as f:
            return int(f.read())

    def start_standin(self, *options):
        file = self.path("standin.port")
        child = self.start(os.path.join(BUILD, "standin"), "--cert", self.path("pki/server.pem"),
                           "--key", self.path("pki/server.key"), "--port-file", file, "--keys",
                           self.path("keys"), *options, log="standin.log")
        self.standin_port = self.announced(child, file)

    def start_relay(self, *modes):
        """A relay to the stand-in: its port."""
        file = self.path("relay.port")
        child = self.start(os.path.join(BUILD, "relay"), "--to", str(self.standin_port),
                           "--port-file", file, *modes, log="relay.log")
        return self.announced(child, file)

    def journeys(self, count, seed, *options):
        text = subprocess.run([os.path.join(BUILD, "tools/journeys"), "--count", str(count),
                               "--seed", str(seed), *options], check=True, capture_output=True,
                              text=True).stdout
        return text.splitlines()

    # ---- the registry ----

    def ask(self, method, path, body=None, token=None):
        """Status and JSON of one request to the stand-in, past any relay."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        data = None if body is None else json.dumps(body)
        for last in (False, True):
            if self._https is None:
                context = ssl.create_default_context(cafile=self.path("pki/ca.pem"))
                self._https = http.client.HTTPSConnection("localhost", self.standin_port,
                                                          context=context, timeout=60)
            try:
                self._https.request(method, path, data, headers)
                answer = self._https.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text else None
            except (OSError, http.client.HTTPException):
                self._https.close()
                self._https = None
                if last:
                    raise

    def token(self):
        return self.ask("POST", "/v3.3/auth/access_token", KEYS)[1]["access_token"]

    def fault(self, **what):
        assert self.ask("POST", "/standin/fault", what)[0] == 200

    def state(self):
        return self.ask("GET", "/standin/state")[1]

    # ---- the service ----

    def configure(self, port, **serve):
        serve.setdefault("spool", self.path("spool"))
        serve.setdefault("socket", self.path("socket"))
        serve.setdefault("refused", self.path("refused.jsonl"))
        with open(self.path("navette.conf"), "w", opener=private) as f:
            f.write("[rpc]\nbase_url = https://localhost:%d\nca_file = %s\ntoken_file = %s\n"
                    % (port, self.path("pki/ca.pem"), self.path("keys")))
            f.write("[serve]\n")
            f.writelines("%s = %s\n" % pair for pair in serve.items())

    def start_service(self):
        return self.start(os.path.join(BUILD, "navette"), "serve", "--config",
                          self.path("navette.conf"), log="service.log", env=self.service_env)

    def connect(self, service, seconds=10):
        """A producer's connection, once the service takes it; None when it is gone before."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.path("socket"))
                return s
            except OSError:
                s.close()
            if service.poll() is not None:
                return None
            time.sleep(0.002)
        return None

    def status(self, service):
        s = self.connect(service)
        if s is None:
            raise SystemExit("the service does not listen: see " + self.path("service.log"))
        with s, s.makefile("rb") as answers:
            s.sendall(b"status\n")
            return json.loads(answers.readline())

    def end_service(self, service):
        """SIGTERM; its exit code and what it used, as os.wait4 tells."""
        service.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(service.pid, 0)
        service.returncode = os.waitstatus_to_exitcode(status)
        return service.returncode, usage


def private(path, flags):
    return os.open(path, flags, 0o600)


def proc_memory(pid):
    """KiB of a process now: peak of all resident pages, private dirty ones, those of the heap."""
    peak = dirty = heap = 0
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmHWM:"):
                peak = int(line.split()[1])
    with open("/proc/%d/smaps" % pid) as f:
        in_heap = False
        for line in f:
            if line.startswith("Private_Dirty:"):
                size = int(line.split()[1])
                dirty += size
                heap += size if in_heap else 0
            elif line[0] in "0123456789abcdef":
                in_heap = line.rstrip().endswith("[heap]")
    return peak, dirty, heap
