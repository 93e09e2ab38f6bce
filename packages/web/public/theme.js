// Runs before the first paint, so that a page in the dark theme never flashes white.
// It is a file of its own because the page's Content-Security-Policy forbids inline scripts.
// The key and the attribute are those of src/theme/theme.ts.
(function () {
  let choice = null;
  try {
    choice = localStorage.getItem('cairn.theme');
  } catch {
    // Storage can be forbidden; then the theme follows the system.
  }
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
