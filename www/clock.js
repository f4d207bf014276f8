// An alarm for the live overlay's nodes: timers of a worker are not slowed down while its page is hidden.
let timer;
onmessage = ({ data }) => {
  clearTimeout(timer);
  timer = setTimeout(() => postMessage(0), data);
};
