"""A time stamp authority (RFC 3161) for tests: stock `openssl ts` behind HTTP. authority.py FOLDER makes keys there when there are none,
serves on a free port of loopback and writes it to FOLDER/port. A file in FOLDER makes it misbehave: down (503), silent (no answer),
replay (its first answer again), garbage (no answer of RFC 3161)."""
import http.server
import os
import subprocess
import sys
import time

FOLDER = sys.argv[1]
SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Test time stamps
[ca]
basicConstraints = critical,CA:TRUE
[stamp]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = authority
[authority]
serial = {0}/serial
signer_cert = {0}/stamp.pem
certs = {0}/ca.pem
signer_key = {0}/stamp.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def path(name):
    return os.path.join(FOLDER, name)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_keys():
    with open(path("settings"), "w", encoding="ascii") as file:
        file.write(SETTINGS.format(FOLDER))
    with open(path("serial"), "w", encoding="ascii") as file:
        file.write("01\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "2",
            "-config", path("settings"), "-extensions", "ca", "-subj", "/CN=Test stamps' authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", path("stamp.key"), "-out", path("stamp.csr"),
            "-config", path("settings"))
    openssl("x509", "-req", "-in", path("stamp.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
            "-out", path("stamp.pem"), "-days", "2", "-extfile", path("settings"), "-extensions", "stamp")


def reply(query):
    with open(path("query"), "wb") as file:
        file.write(query)
    openssl("ts", "-reply", "-config", path("settings"), "-queryfile", path("query"), "-out", path("reply"))
    with open(path("reply"), "rb") as file:
        answer = file.read()
    if not os.path.exists(path("first")):
        with open(path("first"), "wb") as file:
            file.write(answer)
    return answer


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = 200, b"nothing of the kind"
        if os.path.exists(path("down")):
            status = 503
        elif os.path.exists(path("silent")):
            time.sleep(60)
        elif os.path.exists(path("replay")):
            with open(path("first"), "rb") as file:
                answer = file.read()
        elif not os.path.exists(path("garbage")):
            answer = reply(query)
        with open(path("asked"), "a", encoding="ascii") as file:
            file.write(f"{status}\n")
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format, *arguments):
        pass


if not os.path.exists(path("stamp.pem")):
    make_keys()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(path("port.new"), "w", encoding="ascii") as file:
    file.write(f"{server.server_port}\n")
os.rename(path("port.new"), path("port"))
server.serve_forever()
