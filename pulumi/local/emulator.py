"""MiniStack, with what CloudWatch learns from Lambda written to a file, which the process `metrics` reads.

MiniStack keeps the lines of the functions that API Gateway invokes in a log stream for each invocation, which cannot be
followed cheaply, and counts the invocations of others only. It also drops metric math, and rings an alarm for a metric
of any resource. So this replaces a few of its functions; its version is pinned in requirements.txt.
"""

import json
import os
import time

from ministack.app import app  # noqa: F401, for Uvicorn
from ministack.services import cloudwatch, lambda_svc

_log = os.open(os.environ["LIKES_FUNCTIONS_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

_UNITS = {"Invocations": "Count", "Errors": "Count", "Throttles": "Count", "Duration": "Milliseconds"}


def _write(lines):
    # One write, since several functions run at once.
    os.write(_log, "".join(f"{line}\n" for line in lines).encode())


def _metrics(config, **values):
    """A line in the embedded metric format.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    directive = {
        "Namespace": "AWS/Lambda",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": _UNITS[name]} for name in values],
    }
    aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": aws, "FunctionName": config["FunctionName"], **values})


_emit_lambda_logs = lambda_svc._emit_lambda_logs
_acquire_execution_slot = lambda_svc._acquire_execution_slot


def _log_invocation(func, request_id, log_text, error, duration_ms, **rest):
    """Every invocation that was started ends here, whoever invoked the function."""
    _emit_lambda_logs(func, request_id, log_text, error, duration_ms, **rest)
    metrics = _metrics(
        func.get("config") or func, Invocations=1, Errors=int(error), Throttles=0, Duration=duration_ms
    )
    _write([*log_text.splitlines(), metrics])


def _log_throttle(func, config):
    """Every invocation starts here, or is throttled."""
    slot, limit = _acquire_execution_slot(func, config)
    if slot is None:
        _write([_metrics(config, Throttles=1)])
    return slot, limit


lambda_svc._emit_lambda_logs = _log_invocation
lambda_svc._acquire_execution_slot = _log_throttle
lambda_svc._emit_lambda_metrics = lambda *_, **__: None
_put_metric_alarm = cloudwatch._put_metric_alarm


def _put_alarm(params, cbor_data, *rest):
    """Keeps an alarm's metric math, which MiniStack drops."""
    answer = _put_metric_alarm(params, cbor_data, *rest)
    alarm = cloudwatch._alarms.get(cbor_data.get("AlarmName"))
    if alarm and "Metrics" in cbor_data:
        alarm["Metrics"] = cbor_data["Metrics"]
    return answer


cloudwatch._put_metric_alarm = _put_alarm
cloudwatch._evaluate_alarm = lambda _: None
cloudwatch._evaluate_all_alarms = lambda: None
