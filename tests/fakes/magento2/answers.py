"""What goes back to the client: answers, refusals, and their JSON and XML byte forms."""

import json
import secrets
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

JSON_TYPE = "application/json; charset=utf-8"
XML_TYPE = "application/xml; charset=utf-8"
HTML_TYPE = "text/html; charset=UTF-8"

# The web server in front of the shop says this itself, before the shop sees the request.
URI_TOO_LARGE = (
    b"<html>\r\n<head><title>414 Request-URI Too Large</title></head>\r\n"
    b"<body>\r\n<center><h1>414 Request-URI Too Large</h1></center>\r\n"
    b"<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass
class Answer:
    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: list = field(default_factory=list)


class Refused(Exception):
    """The request is refused the way the shop refuses it: a status and an error object."""

    def __init__(self, status, message, parameters=None, errors=None):
        super().__init__(message)
        self.status = status
        self.value = {"message": message}
        if errors is not None:
            self.value["errors"] = errors
        if parameters is not None:
            self.value["parameters"] = parameters


def encode_json(value):
    """The exact byte form of the shop: compact, `/` as `\\/`, non-ASCII as `\\uXXXX`."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("/", "\\/").encode("ascii")


def encode_xml(value):
    lines = ['<?xml version="1.0"?>']
    _write_xml(lines, "response", value, 0)
    return ("\n".join(lines) + "\n").encode("utf-8")


def _write_xml(lines, name, value, depth):
    indent = "  " * depth
    if isinstance(value, list):
        children = [("item", child) for child in value]
    elif isinstance(value, dict):
        children = list(value.items())
    else:
        text = escape(_xml_text(value))
        lines.append(f"{indent}<{name}>{text}</{name}>" if text else f"{indent}<{name}/>")
        return
    if not children:
        lines.append(f"{indent}<{name}/>")
        return
    lines.append(f"{indent}<{name}>")
    for child_name, child in children:
        _write_xml(lines, child_name, child, depth + 1)
    lines.append(f"{indent}</{name}>")


def _xml_text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def plain_number(number):
    """PHP writes a whole float as an integer: 20.0 becomes 20."""
    return int(number) if float(number).is_integer() else number


def not_authorized(right):
    return Refused(
        401, "The consumer isn't authorized to access %resources.", {"resources": right}
    )


def no_route():
    return Refused(404, "Request does not match any route.")


def cannot_be_processed():
    return Refused(400, "Specified request cannot be processed.")


def method_not_supported(method):
    return Refused(405, f"The {method} HTTP method is not supported.")


def wrong_type(value, expected):
    """A parameter of the path that is not of its type."""
    return Refused(400, wrong_type_text(value, expected))


def wrong_type_text(value, expected):
    return (
        f'The "{value}" value\'s type is invalid. The "{expected}" type was expected. '
        "Verify and try again."
    )


def required(names):
    """Parameters that are missing: one is told alone, several come as a list of errors."""
    message = '"%fieldName" is required. Enter and try again.'
    errors = [{"message": message, "parameters": {"fieldName": name}} for name in names]
    if len(errors) == 1:
        return Refused(400, message, errors[0]["parameters"])
    return Refused(400, "One or more input exceptions have occurred.", errors=errors)


def not_supported(name):
    message = '"%fieldName" is not supported. Correct the field name and try again.'
    return Refused(400, message, {"fieldName": name})


def invalid_attribute(name):
    message = 'The "%1" attribute name is invalid. Reset the name and try again.'
    return Refused(400, message, [name])


def internal_error(_name=None):
    """What an unknown database column gives: the reason stays in the shop's log."""
    report = secrets.token_hex(7)[:13]
    return Refused(
        500,
        "Internal Error. Details are available in Magento log file. "
        f"Report ID: webapi-{report}",
    )


def no_such_entity(name, value):
    return Refused(
        404,
        "No such entity with %fieldName = %fieldValue",
        {"fieldName": name, "fieldValue": value},
    )


def entity_missing(_name=None, _value=None):
    return Refused(
        404, "The entity that was requested doesn't exist. Verify the entity and try again."
    )
