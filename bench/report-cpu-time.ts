/**
 * This module is loaded into a server with `--import`. It reports the CPU time used so far (microseconds) when the parent process asks for
 * it.
 */
process.on('message', (message) => {
  if (message !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
