import { describe, expect, it } from 'vitest';
import { whyNotStorable } from '../../base/index.ts';
import { convertResult, TEXT_CHARS_MAX, type KeptData } from './convert-result.ts';
import { fitToolName } from './fit-tool-names.ts';

async function convert(result: object) {
  const kept: KeptData[] = [];
  const output = await convertResult(result, async (data) => {
    kept.push(data);
    return `id-${kept.length}`;
  });
  expect(whyNotStorable(output)).toBeNull();
  return { output, kept };
}

const text = (said: string) => ({ type: 'text', text: said });

describe('the result of a tool', () => {
  it('is its texts, and its structured content once', async () => {
    expect((await convert({ content: [text('a'), text('b')] })).output).toEqual({ text: 'a\nb' });
    const structuredContent = { sum: 42 };
    const same = await convert({ content: [text('{ "sum": 42 }')], structuredContent });
    expect(same.output).toEqual({ structured: { sum: 42 } });
    const other = await convert({ content: [text('the sum')], structuredContent });
    expect(other.output).toEqual({ text: 'the sum', structured: { sum: 42 } });
  });

  it('keeps bytes as records, names resources, and leaves out what is too large', async () => {
    const { output, kept } = await convert({
      content: [
        { type: 'image', mimeType: 'image/png', data: 'iVBO' },
        { type: 'audio', mimeType: 'audio/wav', data: 'A'.repeat(700_001) },
        { type: 'resource_link', uri: 'https://e.com', name: 'e' },
        { type: 'resource', resource: { uri: 'mem://a', text: 'note' } },
        { type: 'resource', resource: { uri: 'mem://b', blob: 'QUJD' } },
      ],
    });
    expect(kept.map(({ data }) => data)).toEqual(['iVBO', 'QUJD']);
    expect(output).toMatchObject({
      text: 'note',
      files: [
        { mime_type: 'image/png', breadcrumb_id: 'id-1' },
        { mime_type: 'audio/wav', left_out: expect.stringContaining('700001') },
        { name: 'mem://b', breadcrumb_id: 'id-2' },
      ],
      resources: [{ uri: 'https://e.com', name: 'e' }, { uri: 'mem://a' }, { uri: 'mem://b' }],
      is_truncated: true,
    });
  });

  it('is cut where it is too long, and cleaned of what cannot be stored', async () => {
    const long = await convert({ content: [text('x'.repeat(TEXT_CHARS_MAX)), text('more')] });
    expect(long.output.text).toHaveLength(TEXT_CHARS_MAX);
    expect(long.output.is_truncated).toBe(true);
    expect((await convert({ content: [text('a\0b\uD800')] })).output.text).toBe('a\uFFFDb\uFFFD');
    const deep = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`);
    expect((await convert({ structuredContent: deep })).output.structured).toBeUndefined();
  });

  it.each([[{}], [{ content: 'no list' }], [{ content: [null, 7, { type: 'new' }] }]])(
    'may be nothing that we know: %j',
    async (result) => {
      expect((await convert(result)).output).toEqual({});
    },
  );

  it('is a failure in the words of the tool when it says so', async () => {
    await expect(
      convert({ content: [text('the disk is full')], isError: true }),
    ).rejects.toMatchObject({
      error_class: 'mcp_tool_error',
      message: 'the tool failed: the disk is full (mcp_tool_error)',
    });
  });
});

describe('the name of a tool', () => {
  it('is that of its server and its own, when it fits', () => {
    expect(fitToolName('files', 'read_file')).toBe('files__read_file');
  });

  it('fits always, and differs where names differ', () => {
    const odd = ['a b', 'a.b', 'a/b', 'ä', '', 'n'.repeat(80), `${'n'.repeat(80)}m`];
    const names = odd.map((tool) => fitToolName('s', tool));
    expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(odd.length);
  });
});
