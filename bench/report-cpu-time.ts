/**
 * Loaded into a server with `--import`. Reports the CPU time used so far (microseconds) when the parent
 * process asks for it.
 */
process.on('message', (message) => {
  if (message !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
