"""The import name that programs written for the Agent Observability Platform use; everything is in `cairn_tracer`."""

from cairn_tracer import AgentTracer, RunContext, StepContext

__all__ = ["AgentTracer", "RunContext", "StepContext"]
