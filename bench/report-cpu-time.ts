/**
 * Reports the CPU time that this process has used so far, in microseconds, when the parent process asks for it. The module is loaded into a
 * server with `--import`.
 */
process.on('message', (message) => {
  if (message !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
