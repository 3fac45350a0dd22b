"""A webhook's URL in the form in which Svix stores it.

Svix parses a URL by the WHATWG URL standard and stores the result (seen with svix-server 1.100):
scheme and host in lower case, no default port, a path of at least `/` without dot segments,
everything else percent-encoded. Compare URLs only in that form.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
HERE, UP = (".", "%2e"), ("..", ".%2e", "%2e.", "%2e%2e")
_AROUND = "".join(map(chr, range(0x21)))  # control characters and the space
# What a path and a query keep unencoded, besides letters, digits and _.-~. Some versions of the
# standard encode a circumflex, others don't; all leave an encoded one as it is.
_OF_PATH = "/%:@!$&'()*+,;=[]|"
_OF_QUERY = "/%:@!$&()*+,;=[]|?`{}\\"


def kept_url(url: str) -> str:
    """The URL as Svix stores it; one that cannot be parsed stays as it is."""
    try:
        parts = urlsplit(url.strip(_AROUND))
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return url
    user = parts.netloc.rpartition("@")[0]
    place = (f"{user}@" if user else "") + _host(parts.hostname)
    place += "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return parts._replace(
        netloc=place,
        path=quote(_without_dots(parts.path.replace("\\", "/")), safe=_OF_PATH),
        query=quote(parts.query, safe=_OF_QUERY),
    ).geturl()


def same_url(one: str, other: str) -> bool:
    """Whether two URLs are the same to Svix."""
    return kept_url(one) == kept_url(other)


def _host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        # Python 3.13 writes the last two groups as an IPv4 address; Svix does not.
        return f"[::ffff:{int(address) >> 16 & 0xFFFF:x}:{int(address) & 0xFFFF:x}]"
    return f"[{address}]"


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment.lower() in UP:
            kept = kept[:-1]
        elif segment.lower() not in HERE:
            kept.append(segment)
    last = path.rpartition("/")[2].lower()
    return "/" + "/".join([*kept, ""] if kept and last in (*HERE, *UP) else kept)
