import { integerSetting, textSetting, type Setting } from '../base/index.ts';

export const METRICS_SETTINGS = {
  port: optionalPort({
    env: 'METRICS_PORT',
    description:
      'Port of /metrics, /health and /ready apart from the API, for processes without it; 0 takes a free one, not set means none.',
  }),
  host: textSetting({
    env: 'METRICS_HOST',
    description:
      'Address to listen on for METRICS_PORT. It asks for no token: leave it to your own network.',
    fallback: '127.0.0.1',
  }),
};

/** The standard names of OpenTelemetry. */
export const TRACING_SETTINGS = {
  endpoint: urlSetting({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      'Where traces are sent by OTLP over HTTP, such as http://localhost:4318; /v1/traces is added. Not set means no traces.',
  }),
  traces_endpoint: urlSetting({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    description: 'The whole address for traces, when it is another.',
  }),
  headers: headersSetting({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    description: 'Headers to send along, such as authorization=Bearer%20abc, comma separated.',
  }),
  service_name: textSetting({
    env: 'OTEL_SERVICE_NAME',
    description: 'How this service is named in traces.',
    fallback: 'cairn',
  }),
  ratio: ratioSetting({
    env: 'OTEL_TRACES_SAMPLER_ARG',
    description: 'The share of traces that is kept, from 0 to 1, where the caller has not decided.',
  }),
};

interface Names {
  readonly env: string;
  readonly description: string;
}

function optionalPort(names: Names): Setting<number | null> {
  const { read } = integerSetting({ ...names, fallback: 0, min: 0, max: 65_535 });
  return { ...names, fallback: null, is_secret: false, read };
}

function urlSetting(names: Names): Setting<string | null> {
  return {
    ...names,
    fallback: null,
    is_secret: false,
    read(text) {
      if (!/^https?:\/\//.test(text) || !URL.canParse(text))
        throw new Error('expected an http or https address');
      return text.replace(/\/+$/, '');
    },
  };
}

function headersSetting(names: Names): Setting<Readonly<Record<string, string>>> {
  return {
    ...names,
    fallback: {},
    is_secret: true,
    read: (text) =>
      Object.fromEntries(
        text.split(',').map((pair) => {
          const at = pair.indexOf('=');
          if (at < 1) throw new Error('expected name=value, comma separated');
          return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
        }),
      ),
  };
}

function ratioSetting(names: Names): Setting<number> {
  return {
    ...names,
    fallback: 1,
    is_secret: false,
    read(text) {
      const value = Number(text);
      if (!(value >= 0 && value <= 1)) throw new Error('expected a number from 0 to 1');
      return value;
    },
  };
}
