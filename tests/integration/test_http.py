"""Every HTTP server of ours: the same settings under the same names, the same limits, the same headers on every answer."""
import contextlib
import pathlib
import re
import socket
import time
import urllib.parse

import pytest

from world import http, wait_until

SERVERS = {"intake": ("intake_url", "/healthz"), "land": ("land_url", "/blocks"), "postal": ("postal_url", "/items"),
           "repository": ("repository_url", "/documents/" + "0" * 64), "payment": ("payment_url", "/callbacks")}
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
           "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


@contextlib.contextmanager
def configured(world, name, settings):
    """The server NAME with more of the section http."""
    conf = pathlib.Path(world.folder, "conf", name + ".yaml")
    before = conf.read_text()
    assert "\nhttp: {" in before

    def restart(text):
        world.stop(name)
        conf.write_text(text)
        world.start(name)
        wait_until(f"{name} listens", lambda: listens(url_of(world, name)))
    restart(before.replace("\nhttp: {", "\nhttp: {" + settings + ", "))
    try:
        yield url_of(world, name)
    finally:
        restart(before)


def url_of(world, name):
    return getattr(world, SERVERS[name][0])


def listens(url):
    with contextlib.suppress(OSError), connected(url):
        return True
    return False


def connected(url):
    where = urllib.parse.urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=20)


def answer_of(connection):
    """All of the answer's text, to the end of the stream."""
    pieces = []
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces).decode()


def raw(url, text, body=b""):
    """A request as it is written here; the connection's end ends the answer."""
    with connected(url) as connection:
        connection.sendall(text.encode() + b"Host: x\r\nConnection: close\r\n\r\n" + body)
        return answer_of(connection)


def status_of(answer):
    found = re.match(r"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("name", SERVERS)
def test_every_answer_has_its_headers(world, name):
    url, path = url_of(world, name), SERVERS[name][1]
    answers = [http(method, url + asked, raw=sent) for method, asked, sent in
               (("GET", path, None), ("GET", "/nothing", None), ("PATCH", path, b"{}"), ("GET", path + "?a=1&a=2", None), ("POST", path, b"["))]
    assert len({a.status for a in answers}) >= 3, answers
    for answer in answers:
        for header, value in HEADERS.items():
            assert answer.headers[header] == value, (answer, header)
        assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers


@pytest.mark.parametrize("name", SERVERS)
def test_limits_of_size_and_framing(world, name):
    url, path = url_of(world, name), SERVERS[name][1]
    assert status_of(raw(url, f"GET {path} HTTP/1.1\r\n" + "".join(f"X-{n}: a\r\n" for n in range(70)))) == 431
    assert status_of(raw(url, f"GET {path} HTTP/1.1\r\nX-Large: {'a' * 40000}\r\n")) in (0, 431)
    assert status_of(raw(url, f"GET /{'a' * 40000} HTTP/1.1\r\n")) in (0, 414, 431)
    assert status_of(raw(url, f"POST {path} HTTP/1.1\r\nContent-Length: 99999999999\r\n")) in (405, 413)
    assert status_of(raw(url, f"POST {path} HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", b"ab")) == 400
    assert status_of(raw(url, f"POST {path} HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n")) == 400
    with connected(url) as connection: # a body without end, whatever was announced
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                connection.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
                sent += 65536
        assert sent < 64 << 20, "it is not read for ever"
    assert http("GET", url + path).status != 0, "others are served"


@pytest.mark.parametrize("name", SERVERS)
def test_settings_have_the_same_names_everywhere(world, name):
    """A flood, header fields, connections and slowness are held back as the configuration says."""
    settings = "limit_loopback: yes, requests_per_s: 2, headers_max: 20, idle: 2 s, connections_per_address: 5"
    path = SERVERS[name][1]
    with configured(world, name, settings) as url:
        statuses = [http("GET", url + path).status for _ in range(40)]
        assert statuses[-1] == 429 and 429 not in statuses[:15], statuses
        time.sleep(2)
        assert status_of(raw(url, f"GET {path} HTTP/1.1\r\n" + "".join(f"X-{n}: a\r\n" for n in range(21)))) == 431
        slow = [connected(url) for _ in range(8)]
        for connection in slow:
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        begun = time.monotonic()
        ends = []
        for connection in slow: # three at once, the five others when their time is up, although they go on
            while time.monotonic() - begun < 10:
                connection.settimeout(0.2)
                try:
                    connection.sendall(b"a")
                    if not connection.recv(1000):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            ends.append(time.monotonic() - begun)
            connection.close()
        assert max(ends) < 8, ends
        wait_until("it serves again", lambda: status_of(raw(url, f"GET {path} HTTP/1.1\r\n")) not in (0, 429))
