"""Reports the runs of an agent to Cairn: what it did, how long it took, and why it failed.

    from cairn_tracer import AgentTracer

    with AgentTracer(agent_id="helper", agent_version="1.0.0") as tracer:
        with tracer.start_run() as run:
            with run.step("tool", "search") as step:
                step.add_metadata({"hits": 3})

Nothing in here raises into the agent, and nothing waits for the network but `flush` and `close`, which are bounded.
"""

from ._run import RunContext, StepContext
from ._tracer import AgentTracer

__all__ = ["AgentTracer", "RunContext", "StepContext"]
__version__ = "0.1.0"
