"""OAuth 1.0a as the recorded shop verifies it: its checks in their order, its base string.

The base string is not quite that of RFC 5849, and Magento 2.4.8 has another one: `FORMS`.
"""

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key
from urllib.parse import quote, unquote

from magento2 import answers
from magento2.answers import Refused

KEY_LENGTH = 32
AHEAD_S = 600  # how far a timestamp may be in the future
REQUIRED = (
    "oauth_consumer_key",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_token",
)
_OWN = re.compile(r"oauth_[a-z_-]+")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Consumer:
    """An integration's four values, and what it may do; None stands for all rights."""

    number: int
    key: str
    secret: str
    token: str
    token_secret: str
    rights: frozenset = None


DEMO = Consumer(
    1,
    "democonsumerkey00000000000000001",
    "democonsumersecret00000000000001",
    "demoaccesstoken00000000000000001",
    "demotokensecret00000000000000001",
)


class Verifier:
    """Knows the integrations and the nonces they have used."""

    def __init__(self, consumers, switches, clock):
        self._clock = clock
        self._consumers = {consumer.key: consumer for consumer in consumers}
        self._tokens = {consumer.token: consumer for consumer in consumers}
        self._switches = switches
        self._nonces = set()
        self._lock = threading.Lock()

    def rights(self, request):
        """What the request may do; raises the refusal the shop would give."""
        sent = _header_parameters(request.headers["authorization"])
        _check_parameters(sent)
        consumer = self._consumer(sent["oauth_consumer_key"])
        self._check_nonce(consumer, sent)
        if sent["oauth_token"] not in self._tokens:
            raise Refused(401, "Specified token does not exist")
        if self._tokens[sent["oauth_token"]] is not consumer:
            raise Refused(401, "Token is not associated with the specified consumer")
        form = FORMS[self._switches.oauth_form]
        expected = sign(consumer, base_string(form, request.method, _url(request), sent))
        if not hmac.compare_digest(expected.encode(), sent["oauth_signature"].encode()):
            raise Refused(401, "The signature is invalid. Verify and try again.")
        return consumer.rights if self._switches.integration else frozenset()

    def _consumer(self, key):
        if len(key) != KEY_LENGTH:
            raise Refused(401, "Consumer key is not the correct length")
        if key not in self._consumers:
            raise Refused(401, "A consumer having the specified key does not exist")
        return self._consumers[key]

    def _check_nonce(self, consumer, sent):
        """Old timestamps are accepted, those of the far future are not. A nonce is used up
        whatever becomes of the request."""
        try:
            timestamp = int(sent["oauth_timestamp"])
        except ValueError:
            timestamp = 0
        if timestamp <= 0 or timestamp > self._clock.now().timestamp() + AHEAD_S:
            raise Refused(401, "An error occurred validating the nonce")
        nonce = (consumer.key, sent["oauth_nonce"])
        with self._lock:
            if nonce in self._nonces:
                raise Refused(
                    401,
                    "The nonce is already being used by the consumer with ID %1",
                    [str(consumer.number)],
                )
            self._nonces.add(nonce)


def is_signed(request):
    return "oauth " in request.headers.get("authorization", "").lower()


def _header_parameters(header):
    """What follows `OAuth `: name="value", with commas between; realm does not count."""
    start = header.lower().index("oauth ") + len("oauth ")
    parameters = {}
    for part in header[start:].split(","):
        name, equals, value = part.strip().partition("=")
        if equals and _OWN.search(name):
            parameters[unquote(name)] = unquote(value.strip('"'))
    return parameters


def _check_parameters(sent):
    missing = [name for name in REQUIRED if name not in sent]
    if missing:
        raise answers.required(missing)
    if len(sent["oauth_token"]) != KEY_LENGTH:
        raise Refused(400, "The token length is invalid. Check the length and try again.")
    method = sent["oauth_signature_method"]
    if method != "HMAC-SHA256":
        raise Refused(400, "Signature method %1 is not supported", [method])


def _url(request):
    """As the server sees it: a proxy that ends TLS has to say so."""
    scheme = request.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{request.headers['host']}{request.target}"


# ------------------------------------------------------------------------- the base string


@dataclass(frozen=True)
class Form:
    """How parameters are ordered, and what path and values look like."""

    key: Callable  # of (plain name, escaped name), for sorting
    path: Callable
    value: Callable  # of name and value


def escape(text):
    return quote(text, safe="-._~")


def _natural(left, right):
    """PHP's strnatcmp() on escaped names."""
    pieces = re.compile(r"\d+|\D")
    for one, two in zip(pieces.findall(left[1]), pieces.findall(right[1])):
        if one == two:
            continue
        if not (one.isdigit() and two.isdigit()):
            return -1 if one < two else 1
        if "0" not in (one[0], two[0]) and len(one) != len(two):
            return len(one) - len(two)
        return -1 if one < two else 1
    return len(left[1]) - len(right[1])


_UNDONE = re.compile(r"[A-Za-z0-9\-._~:@&=+$,/;%]")
_STRANGE = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:@&=+$,/;%]")


def _normalised(path):
    """Some escapes are undone once, others written in capitals, the rest escaped again."""

    def undo(match):
        character = unquote(match[0], "latin-1")
        return character if _UNDONE.fullmatch(character) else match[0].upper()

    undone = re.sub(r"%[0-9A-Fa-f]{2}", undo, path)
    return _STRANGE.sub(lambda match: escape(match[0]), undone)


FORMS = {
    # Recorded.
    "2.4.7": Form(cmp_to_key(_natural), _normalised, lambda _, value: escape(value)),
    # Read from its source, never recorded: values of a[b] are escaped once too often.
    "2.4.8": Form(
        lambda pair: pair[0],
        lambda path: path,
        lambda name, value: escape(escape(value) if "[" in name else value),
    ),
    # What a client that knows nothing else does; no shop does this.
    "RFC 5849": Form(lambda pair: pair[1], lambda path: path, lambda _, value: escape(value)),
}


def _query_pairs(query):
    """Only pairs with exactly one `=`; a `+` is no blank; the last of a name counts."""
    pairs = {}
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if equals and "=" not in value and not _OWN.search(name):
            pairs[unquote(name)] = unquote(value)
    return pairs


def base_string(form, method, url, protocol):
    scheme, _, rest = url.partition("://")
    address, _, query = rest.partition("?")
    host, slash, path = address.partition("/")
    host = host.lower().removesuffix(_DEFAULT_PORTS[scheme])
    parameters = {**_query_pairs(query), **protocol}
    parameters.pop("oauth_signature", None)
    names = sorted(((name, escape(name)) for name in parameters), key=form.key)
    joined = "&".join(f"{short}={form.value(name, parameters[name])}" for name, short in names)
    whole = f"{scheme}://{host}{form.path(slash + path)}"
    return "&".join((method.upper(), escape(whole), escape(joined)))


def sign(consumer, base):
    key = f"{escape(consumer.secret)}&{escape(consumer.token_secret)}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
