/** Loaded with `--import` into a server: its parent may ask how much processor time it has used (microseconds). */
process.on('message', (message) => {
  if (message !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
