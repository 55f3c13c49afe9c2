"""Reads OpenMetrics text from standard input with the parser of Python's prometheus_client and writes its families as JSON:
[{name, type, unit, help, samples: [{name, labels, value, exemplar: null or {labels, value, timestamp}}]}]."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def as_exemplar(exemplar):
    return exemplar and {"labels": exemplar.labels, "value": exemplar.value,
                         "timestamp": float(exemplar.timestamp) if exemplar.timestamp else None}


json.dump([{"name": family.name, "type": family.type, "unit": family.unit, "help": family.documentation,
            "samples": [{"name": s.name, "labels": s.labels, "value": s.value, "exemplar": as_exemplar(s.exemplar)}
                        for s in family.samples]}
           for family in text_string_to_metric_families(sys.stdin.read())], sys.stdout)
