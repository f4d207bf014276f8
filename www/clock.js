// An alarm for live.rs: timers of a worker are not slowed down while its page is hidden.
let timer;
onmessage = ({ data }) => {
  clearTimeout(timer);
  if (data >= 0) timer = setTimeout(() => postMessage(0), data);
};
