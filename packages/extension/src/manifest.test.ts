import { EXTENSION_PUBLIC_KEY } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { makeManifest } from '../make-manifest.ts';

describe('the manifest', () => {
  const manifest = makeManifest('1.2.3');

  it('asks for no site and not for the history of tabs', () => {
    expect(Object.keys(manifest)).not.toContain('host_permissions');
    expect(manifest.permissions).not.toContain('tabs');
    expect(Object.keys(manifest)).not.toContain('content_scripts');
    expect(Object.keys(manifest)).not.toContain('web_accessible_resources');
  });

  it('has the key that makes its id the one which servers know', () => {
    expect(manifest.key).toBe(EXTENSION_PUBLIC_KEY);
    expect(manifest.version).toBe('1.2.3');
  });

  it('lets no script run but its own', () => {
    const { extension_pages } = manifest.content_security_policy;
    expect(extension_pages).toContain("script-src 'self';");
    expect(extension_pages).toContain("default-src 'none'");
    expect(extension_pages).not.toMatch(/script-src[^;]*unsafe/);
  });
});
