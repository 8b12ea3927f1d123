"""A minimal user pool: signs access tokens and serves its key on loopback."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .loopback import Handler, Loopback
from .processes import Broken

POOL = "eu-west-3_Bench"
CLIENT = "client-of-the-benchmarks"
KEY_ID = "key-1"
ISSUER = f"https://cognito-idp.eu-west-3.amazonaws.com/{POOL}"
LIFETIME = 6 * 3600


class UserPool(Loopback):
    """Serves its key until it is stopped."""

    def __init__(self, folder: Path):
        self._key = folder / "key.pem"
        self._key.write_bytes(openssl("genrsa", "2048"))
        modulus = openssl("rsa", "-in", str(self._key), "-noout", "-modulus").decode()
        number = bytes.fromhex(modulus.strip().split("=")[1])
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID, "n": encoded(number), "e": "AQAB"}
        super().__init__(answering({"keys": [key]}))

    def settings(self) -> dict[str, str]:
        """The settings with which a server accepts this pool's tokens."""
        return {
            "AWS_COGNITO_USER_POOL_ID": POOL,
            "AWS_COGNITO_USER_POOL_CLIENT_ID": CLIENT,
            "COGNITO_JWKS_URL": f"{self.url}/keys",
        }

    def tokens(self, users: int) -> list[str]:
        """A token for each of the first `users` users of `data.sql`."""
        with ThreadPoolExecutor() as signers:
            return list(signers.map(self._token, (f"bench:{n}" for n in range(1, users + 1))))

    def _token(self, subject: str) -> str:
        now = int(time.time())
        claims = {
            "sub": subject,
            "iss": ISSUER,
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "auth_time": now,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": f"{subject} at {now}",
            "username": subject,
        }
        parts = [{"alg": "RS256", "typ": "JWT", "kid": KEY_ID}, claims]
        signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        signature = openssl("dgst", "-sha256", "-sign", str(self._key), text=signed.encode())
        return f"{signed}.{encoded(signature)}"


def answering(document: dict) -> type[Handler]:
    """A handler that answers every GET with `document`."""
    body = json.dumps(document).encode()

    class Answering(Handler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Answering


def openssl(*arguments: str, text: bytes = b"") -> bytes:
    answer = subprocess.run(["openssl", *arguments], input=text, capture_output=True, check=False)
    if answer.returncode != 0:
        raise Broken(f"openssl {arguments[0]}: {answer.stderr.decode()}")
    return answer.stdout


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
