"""Signs a request with a provider's own SDK.

Reads JSON on standard input and prints {"headers": {…}, "params": {…}}; what is not named there
goes out as it came. Shares no code with the verifiers that it proves.
"""

import base64
import json
import sys
from datetime import datetime, timezone


def twilio(order):
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(order["secret"])
    signature = validator.compute_signature(order["url"], order.get("params", {}))
    return {"headers": {"x-twilio-signature": signature}}


def telnyx(order):
    from nacl.signing import SigningKey
    from telnyx.lib import webhook_verification as sdk

    key = SigningKey(bytes.fromhex(order["seed"]))
    timestamp = str(order["timestamp"])
    signature = key.sign(f"{timestamp}|{order['body']}".encode()).signature
    headers = {
        "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        "telnyx-timestamp": timestamp,
    }
    # The SDK only verifies: its word is that what was signed here is as it should be.
    public_key = base64.b64encode(key.verify_key.encode()).decode()
    sdk.time.time = lambda: order["timestamp"]
    sdk.verify_webhook_signature(order["body"], headers, public_key)
    return {"headers": headers}


def vonage(order):
    from vonage_http_client.auth import Auth

    auth = Auth(
        api_key="abcd1234",
        api_secret="secret-1",
        signature_secret=order["secret"],
        signature_method=order["method"],
    )
    params = dict(order["params"], timestamp=str(order["timestamp"]))
    params["sig"] = auth.sign_params(params)
    return {"params": params}


def standard_webhooks(order):
    from standardwebhooks.webhooks import Webhook

    at = datetime.fromtimestamp(order["timestamp"], tz=timezone.utc)
    signature = Webhook(order["secret"]).sign("msg_sdk", at, order["body"])
    return {
        "headers": {
            "webhook-id": "msg_sdk",
            "webhook-timestamp": str(order["timestamp"]),
            "webhook-signature": signature,
        }
    }


SIGNERS = {
    "twilio": twilio,
    "telnyx": telnyx,
    "vonage": vonage,
    "standard_webhooks": standard_webhooks,
}

order = json.load(sys.stdin)
json.dump(SIGNERS[order["scheme"]](order), sys.stdout)
