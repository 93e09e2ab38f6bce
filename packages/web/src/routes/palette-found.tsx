import { SCHEMAS } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Activity, Bot, MessagesSquare, Wrench } from 'lucide-react';
import { conversationsQuery } from '../live/queries.ts';
import { useAgents } from '../runs/use-agents.ts';
import { useSession } from '../session/session.ts';
import { SchemaIcon } from '../trail/schema-icon.tsx';
import { hasWords, isIdPrefix } from './has-words.ts';
import { Group, type LineProps } from './palette-line.tsx';

/** Makes what a chosen line does: the palette closes first. */
export type Then = (act: () => unknown) => () => void;

const CONVERSATIONS_AT_MOST = 6;
const NAMED_AT_MOST = 8;
const RUNS_AT_MOST = 4;
const FOUND_AT_MOST = 8;
const SIGN = 'size-4';

/** Conversations, of which the last are shown before anything is typed. */
export function Conversations({ text, then }: { text: string; then: Then }) {
  const { client, live } = useSession();
  const navigate = useNavigate();
  const { data = [] } = useQuery(conversationsQuery(client, live));
  const lines = data
    .filter(({ id, title }) => hasWords(`${title} ${id}`, text))
    .slice(0, CONVERSATIONS_AT_MOST)
    .map(({ id, title }): LineProps => ({
      value: `conversation ${id}`,
      name: title,
      words: null,
      icon: <MessagesSquare className={SIGN} aria-hidden />,
      onSelect: then(() =>
        navigate({ to: '/chat/{-$conversation_id}', params: { conversation_id: id } }),
      ),
    }));
  return <Group heading="Conversations" lines={lines} />;
}

/** Agents, tools, and agents that reported runs, by their names; nothing before something is typed. */
export function Named({ text, then }: { text: string; then: Then }) {
  const { client } = useSession();
  const navigate = useNavigate();
  const { data: agents = [] } = useQuery({
    queryKey: ['agents', 'all'],
    queryFn: async ({ signal }) => (await client.registry.agents({ limit: 500 }, { signal })).items,
  });
  const { data: tools = [] } = useQuery({
    queryKey: ['tools'],
    queryFn: ({ signal }) => client.registry.tools({ signal }),
  });
  const reporters = useAgents();
  if (text === '') return null;
  const some = (lines: readonly LineProps[]) =>
    lines.filter(({ words }) => hasWords(words ?? '', text)).slice(0, NAMED_AT_MOST);
  const agent_lines = agents.map(({ id, name }): LineProps => ({
    value: `agent ${id}`,
    name,
    words: `${name} ${id} agent`,
    icon: <Bot className={SIGN} aria-hidden />,
    hint: 'agent',
    onSelect: then(() => navigate({ to: '/team/agents/$id', params: { id } })),
  }));
  const tool_lines = tools.map(({ definition_id, name }): LineProps => ({
    value: `tool ${definition_id ?? name}`,
    name,
    words: `${name} tool`,
    icon: <Wrench className={SIGN} aria-hidden />,
    hint: 'tool',
    onSelect: then(() =>
      navigate({ to: '/team/tools/$id', params: { id: definition_id ?? name } }),
    ),
  }));
  const reporter_lines = reporters.map(({ agent_id }): LineProps => ({
    value: `runs of ${agent_id}`,
    name: agent_id,
    words: `${agent_id} runs`,
    icon: <Activity className={SIGN} aria-hidden />,
    hint: 'its runs',
    onSelect: then(() => navigate({ to: '/runs', search: { agent: agent_id } })),
  }));
  return (
    <>
      <Group heading="Agents" lines={some(agent_lines)} />
      <Group heading="Tools" lines={some(tool_lines)} />
      <Group heading="Agents with runs" lines={some(reporter_lines)} />
    </>
  );
}

/** The runs whose ids begin like this. */
export function RunsById({ q, then }: { q: string; then: Then }) {
  const { client } = useSession();
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: ['palette', 'runs', q],
    queryFn: async ({ signal }) =>
      (await client.runs.list({ q, fields: 'summary', page_size: RUNS_AT_MOST }, { signal })).items,
    enabled: isIdPrefix(q),
  });
  const lines = (found.data ?? [])
    .filter(({ run_id }) => run_id.startsWith(q.toLowerCase()))
    .map(({ run_id, agent_id, status }): LineProps => ({
      value: `run ${run_id}`,
      name: `${run_id.slice(0, 13)}… of ${agent_id}`,
      words: null,
      icon: <Activity className={SIGN} aria-hidden />,
      hint: status,
      onSelect: then(() => navigate({ to: '/runs/$id', params: { id: run_id } })),
    }));
  return <Group heading="Runs" lines={lines} />;
}

/** Breadcrumbs by words or meaning; `q` is empty where it is too short. Agents and tools have pages of their own. */
export function Hits({ q, then }: { q: string; then: Then }) {
  const navigate = useNavigate();
  const { data } = useHits(q);
  if (q === '') return null;
  const lines = (data?.hits ?? []).map(({ id, title, schema_name }): LineProps => ({
    value: `breadcrumb ${id}`,
    name: title,
    words: null,
    icon: <SchemaIcon schema_name={schema_name} />,
    hint: schema_name ?? '',
    onSelect: then(() => {
      if (schema_name === SCHEMAS.agent_definition)
        return navigate({ to: '/team/agents/$id', params: { id } });
      if (schema_name === SCHEMAS.tool_definition || schema_name === SCHEMAS.tool_code)
        return navigate({ to: '/team/tools/$id', params: { id } });
      return navigate({ to: '/trail/$id', params: { id } });
    }),
  }));
  return <Group heading="Breadcrumbs" lines={lines} />;
}

/** What the server finds; what was found before stays until then. */
export function useHits(q: string) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['palette', q],
    queryFn: ({ signal }) => client.search({ q, nn: FOUND_AT_MOST }, { signal }),
    enabled: q !== '',
    placeholderData: (known) => known,
  });
}
