"""Hostile requests as raw bytes, each with a name. None may get a 5xx answer."""

from __future__ import annotations

import gzip
import json
import zlib

HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
CREATE = "/api/activities"


def post(body: bytes, headers: bytes = b"", path: str = CREATE, kind: bytes = JSON) -> bytes:
    head = b"POST " + path.encode() + b" HTTP/1.1\r\n" + HOST + kind + headers
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def get(path: bytes, headers: bytes = b"") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n"


def message(text: str) -> bytes:
    return json.dumps({"message": text, "ttl": "1-day"}).encode()


def bodies() -> dict[str, bytes]:
    bomb = gzip.compress(b'{"message": "' + b"a" * (64 << 20) + b'"}')
    deep = b'{"message": ' + b"[" * 7_000 + b"]" * 7_000 + b"}"
    return {
        "16 KiB and a byte": post(message("a" * (16 * 1024))),
        "a megabyte": post(message("a" * (1 << 20))),
        "gzip of 64 MB": post(bomb, b"Content-Encoding: gzip\r\n"),
        "deflate of 64 MB": post(zlib.compress(b"a" * (64 << 20)), b"Content-Encoding: deflate\r\n"),
        "gzip within gzip": post(gzip.compress(bomb), b"Content-Encoding: gzip, gzip\r\n"),
        "gzip that ends early": post(bomb[:100], b"Content-Encoding: gzip\r\n"),
        "no gzip": post(b"{}", b"Content-Encoding: gzip\r\n"),
        "no brotli": post(b"{}", b"Content-Encoding: br\r\n"),
        "no zstd": post(b"{}", b"Content-Encoding: zstd\r\n"),
        "unknown coding": post(b"{}", b"Content-Encoding: rot13\r\n"),
        "deep arrays": post(deep),
        "deep objects": post(b'{"a":' * 2_500 + b"1" + b"}" * 2_500),
        "deep array alone": post(b"[" * 16_000),
        "empty": post(b""),
        "no object": post(b'"text"'),
        "null": post(b"null"),
        "half an object": post(b'{"message": "'),
        "NUL in the text": post(message("a\0b")),
        "NUL byte": post(b'{"message": "a\0b", "ttl": "1-day"}'),
        "lone high surrogate": post(b'{"message": "\\ud800", "ttl": "1-day"}'),
        "lone low surrogate": post(b'{"message": "\\udc00", "ttl": "1-day"}'),
        "surrogates swapped": post(b'{"message": "\\udc00\\ud800", "ttl": "1-day"}'),
        "surrogate bytes": post(b'{"message": "\xed\xa0\x80", "ttl": "1-day"}'),
        "no UTF-8": post(b'{"message": "\xff\xfe", "ttl": "1-day"}'),
        "overlong UTF-8": post(b'{"message": "\xc0\xaf", "ttl": "1-day"}'),
        "byte order mark": post(b"\xef\xbb\xbf" + message("a")),
        "281 characters": post(message("\U0001f600" * 281)),
        "only white space": post(message(" \u2003\u200b \n")),
        "number of 16,000 digits": post(b'{"message": ' + b"9" * 16_000 + b"}"),
        "number with a huge exponent": post(b'{"message": 1e999999999}'),
        "16,000 keys": post(b"{" + b",".join(b'"%d":1' % n for n in range(1_500)) + b"}"),
        "the same key twice": post(b'{"message": 1, "message": 2, "ttl": "1-day"}'),
        "no content type": post(message("a"), kind=b""),
        "text": post(message("a"), kind=b"Content-Type: text/plain\r\n"),
        "form": post(b"message=a", kind=b"Content-Type: application/x-www-form-urlencoded\r\n"),
        "multipart": post(b"--x--", kind=b"Content-Type: multipart/form-data; boundary=x\r\n"),
        "UTF-16": post(b"\xff\xfe{\0", kind=b"Content-Type: application/json; charset=utf-16\r\n"),
    }


def heads() -> dict[str, bytes]:
    key = b"Idempotency-Key: "
    return {
        "100,000 headers": get(b"/api/activities/home", b"".join(b"X-%d: a\r\n" % n for n in range(100_000))),
        "a header of 1 MB": get(b"/api/activities/home", b"X-A: " + b"a" * (1 << 20) + b"\r\n"),
        "a path of 1 MB": get(b"/" + b"a" * (1 << 20)),
        "a query of 100 KB": get(b"/api/activities/search?term=" + b"a" * 100_000),
        "NUL in the path": get(b"/api/activities/@a%00b"),
        "NUL in the query": get(b"/api/activities/search?term=a%00b"),
        "no UTF-8 in the path": get(b"/api/activities/@%ff%fe"),
        "no UTF-8 in the query": get(b"/api/activities/search?term=%ff%fe"),
        "surrogate in the query": get(b"/api/activities/search?term=%ed%a0%80"),
        "half a percent escape": get(b"/api/activities/@%"),
        "dots in the path": get(b"/console/../../../../etc/passwd"),
        "escaped dots in the path": get(b"/console/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
        "backslashes in the path": get(b"/console/..\\..\\etc\\passwd"),
        "no uuid": get(b"/api/activities/00000000-0000-0000-0000-00000000000g"),
        "no cursor": get(b"/api/activities/home?before=%00"),
        "a cursor after the end of time": get(b"/api/activities/home?before=" + b"_" * 32),
        "limit 0": get(b"/api/activities/home?limit=0"),
        "limit below 0": get(b"/api/activities/home?limit=-1"),
        "a huge limit": get(b"/api/activities/home?limit=99999999999999999999"),
        "before and after": get(b"/api/activities/home?before=" + b"A" * 32 + b"&after=" + b"A" * 32),
        "search operators": get(b"/api/activities/search?term=" + b"%28%29%7C%26%21%3A*" * 20),
        "search of quotes": get(b"/api/activities/search?term=" + b"%27%22%5C" * 60),
        "a key of 256 characters": post(message("a"), key + b"k" * 256 + b"\r\n"),
        "two keys": post(message("a"), key + b"a\r\n" + key + b"b\r\n"),
        "an empty key": post(message("a"), key + b"\r\n"),
        "a key with 8-bit characters": post(message("a"), key + b"\xff\r\n"),
        "a token that is none": get(b"/api/activities/notifications", b"Authorization: Bearer a.b.c\r\n"),
        "a token of 100 KB": get(
            b"/api/activities/notifications", b"Authorization: Bearer " + b"a" * 100_000 + b"\r\n"
        ),
        "no bearer": get(b"/api/activities/notifications", b"Authorization: \xff\xff\r\n"),
        "two tokens": get(
            b"/api/activities/notifications", b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"
        ),
        "tag lists of 10,000": get(b"/api/activities/home", b"If-None-Match: " + b'"a",' * 10_000 + b"\r\n"),
        "ranges": get(b"/", b"Range: bytes=" + b"0-1," * 1_000 + b"5-\r\n"),
        "an unknown method": b"BREW /api/activities HTTP/1.1\r\n" + HOST + b"\r\n",
        "a method of 10 KB": b"A" * 10_000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
        "TRACE": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
        "CONNECT": b"CONNECT localhost:22 HTTP/1.1\r\n" + HOST + b"\r\n",
        "no such page": get(b"/api/" + b"a/" * 5_000),
        "expect": b"POST /api/activities HTTP/1.1\r\n"
        + HOST
        + JSON
        + b"Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
        "upgrade": get(b"/no-such-page", b"Connection: upgrade\r\nUpgrade: h2c\r\n"),
    }


def smuggling() -> dict[str, bytes]:
    """Requests whose end two programs may see at different places."""
    line = b"POST /api/activities HTTP/1.1\r\n" + HOST + JSON
    chunk = b"2\r\n{}\r\n0\r\n\r\n"
    return {
        "length and chunks": line + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
        "chunks and length": line + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n" + chunk,
        "two lengths": line + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        "a list of lengths": line + b"Content-Length: 2, 3\r\n\r\n{} ",
        "a length with a sign": line + b"Content-Length: +2\r\n\r\n{}",
        "a length below 0": line + b"Content-Length: -2\r\n\r\n{}",
        "a length in hex": line + b"Content-Length: 0x2\r\n\r\n{}",
        "a length beyond 64 bits": line + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        "an empty length": line + b"Content-Length: \r\n\r\n{}",
        "a blank before the colon": line + b"Content-Length : 2\r\n\r\n{}",
        "chunked twice": line + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + chunk,
        "chunked and not last": line + b"Transfer-Encoding: chunked, identity\r\n\r\n" + chunk,
        "an unknown transfer coding": line + b"Transfer-Encoding: xchunked\r\n\r\n" + chunk,
        "a tab before chunked": line + b"Transfer-Encoding:\tchunked\r\n\r\n" + chunk,
        "two transfer codings": line
        + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
        + chunk,
        "a chunk size that is none": line + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "a chunk size below 0": line + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
        "a chunk size beyond 64 bits": line + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        "a chunk extension of 100 KB": line
        + b"Transfer-Encoding: chunked\r\n\r\n2;"
        + b"a" * 100_000
        + b"\r\n{}\r\n0\r\n\r\n",
        "chunks without their line ends": line + b"Transfer-Encoding: chunked\r\n\r\n2\n{}0\n\n",
        "a chunk of 1 MB": line
        + b"Transfer-Encoding: chunked\r\n\r\n100000\r\n"
        + b"a" * (1 << 20)
        + b"\r\n0\r\n\r\n",
        "a trailer that is a header": line
        + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n",
        "a folded header": line + b"Content-Length: 2\r\nX-A: a\r\n b\r\n\r\n{}",
        "a line feed within a header": line + b"Content-Length: 2\r\nX-A: a\nX-B: b\r\n\r\n{}",
        "a carriage return within a header": line + b"Content-Length: 2\r\nX-A: a\rX-B: b\r\n\r\n{}",
        "NUL within a header": line + b"Content-Length: 2\r\nX-A: a\0b\r\n\r\n{}",
        "a header without a name": line + b"Content-Length: 2\r\n: a\r\n\r\n{}",
        "no host": b"GET /no-such-page HTTP/1.1\r\n\r\n",
        "two hosts": b"GET /no-such-page HTTP/1.1\r\n" + HOST + b"Host: elsewhere\r\n\r\n",
        "a host with a path": b"GET /no-such-page HTTP/1.1\r\nHost: localhost/../\r\n\r\n",
        "an absolute target": b"GET http://elsewhere/no-such-page HTTP/1.1\r\n" + HOST + b"\r\n",
        "HTTP/0.9": b"GET /no-such-page\r\n\r\n",
        "HTTP/1.0 with chunks": b"POST /api/activities HTTP/1.0\r\n"
        + JSON
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + chunk,
        "HTTP/9.9": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
        "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
        "only line ends": b"\r\n" * 1_000,
        "random bytes": bytes(range(256)) * 8,
        "two blanks": b"GET  /no-such-page  HTTP/1.1\r\n" + HOST + b"\r\n",
    }


# Shapes that mean the same as a valid request, so a server may answer 2xx or 3xx.
TOLERATED = {
    "a trailer that is a header",
    "the same key twice",
    "search operators",
    "search of quotes",
    "ranges",
    "upgrade",
    "tag lists of 10,000",
    "an absolute target",
    "byte order mark",
    "before and after",
    "only white space",
    "a cursor after the end of time",
    "two tokens",
    "expect",
    "dots in the path",
    "no UTF-8 in the query",
    "surrogate in the query",
}
