import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { newId } from '../ui/new-id.ts';
import { Page } from '../ui/page.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { BreadcrumbForm } from './breadcrumb-form.tsx';
import { EMPTY_DRAFT } from './edit-breadcrumb.ts';

/** Creates a breadcrumb. The address can fill in its schema and tags. */
export function NewBreadcrumbPage() {
  const { client } = useSession();
  const navigate = useNavigate();
  const toaster = useToaster();
  const [search] = useTextSearch();
  // The same for every try, so that an answer that was lost makes no second record.
  const [idempotency_key] = useState(newId);
  const initial = {
    ...EMPTY_DRAFT,
    schema_name: search['schema'] ?? '',
    tags: search['tags'] ?? '',
  };
  return (
    <Page title="New breadcrumb" width="text">
      <BreadcrumbForm
        initial={initial}
        verb="Create"
        onCancel={() => void navigate({ to: '/trail' })}
        onSave={async (_draft, body) => {
          const { id, title } = await client.createBreadcrumb(body, { idempotency_key });
          toaster.done(`${title} was created`);
          await navigate({ to: '/trail/$id', params: { id } });
        }}
      />
    </Page>
  );
}
