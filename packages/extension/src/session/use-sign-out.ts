import { useStorage } from '../storage/panel-storage.ts';

/** Forgets the key, here and on this computer. Drafts stay, and the server's address. */
export function useSignOut(): () => Promise<void> {
  const { connection, session_key, lasting_key } = useStorage();
  return async () => {
    const { server_url } = connection.store.get();
    await connection.keep({ server_url, is_signed_in: false });
    await session_key.keep(null);
    await lasting_key.keep(null);
  };
}
