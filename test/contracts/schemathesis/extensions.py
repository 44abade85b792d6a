"""What schemathesis has to be told about the POS document beyond what its configuration can say."""

import json
from urllib.parse import urlencode

import schemathesis

FORM = "application/x-www-form-urlencoded"


@schemathesis.serializer(FORM)
def form_of_json(ctx, value):
    """A form's field holds JSON where `encoding.contentType` says so. Schemathesis heeds that in multipart only."""
    body = ctx.case.body
    if not isinstance(body, dict):
        return value if isinstance(value, (str, bytes)) else json.dumps(value).encode()
    return urlencode({name: each if isinstance(each, str) else json.dumps(each) for name, each in body.items()}).encode()


@schemathesis.check
def refused_for_a_total_at_most(ctx, response, case):
    """Of a message that fits the document only the amount may be refused (400), for what no schema can say of it."""
    if response.status_code != 400 or not case.meta.generation.mode.is_positive:
        return
    detail = response.json()["detail"]
    if not detail.startswith(("total ", "currency ")):
        raise AssertionError(f"A message that fits the document was refused: {detail}")
