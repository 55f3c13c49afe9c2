// auth in Node.js: sessions in Redis. Environment: PORT, REDIS_PORT.
const http = require('http');
const net = require('net');

const redis = net.connect(Number(process.env.REDIS_PORT), '127.0.0.1');
const waiting = [];
redis.on('error', (error) => { console.error(error.message); process.exit(1); });
let pending = '';
redis.on('data', (data) => {
  // Only what is asked for below comes back: "+OK", "$-1" or a short bulk string.
  pending += data;
  for (let match; (match = /^(\+[^\r]*\r\n|\$-1\r\n|\$\d+\r\n[^\r]*\r\n)/.exec(pending));) {
    pending = pending.slice(match[0].length);
    waiting.shift()(match[0].startsWith('$-1') ? null : match[0]);
  }
});
const ask = (...words) => new Promise((resolve) => {
  waiting.push(resolve);
  redis.write(`*${words.length}\r\n` + words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join(''));
});

const answer = (response, status, body = 'ok') => {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
};

http.createServer(async (request, response) => {
  request.resume();
  const item = /^\/sessions\/(\d+)$/.exec(request.url);
  if (request.method === 'POST') {
    request.on('end', () => answer(response, Number(request.headers['content-length'] || 0) ? 201 : 400));
  } else if (item && Number(item[1]) <= 1000) {
    const key = `session:${item[1]}`;
    if (await ask('GET', key) === null) await ask('SET', key, 'valid', 'EX', '5');
    answer(response, 200);
  } else if (request.url === '/slow') {
    setTimeout(() => answer(response, 200), 300 + Math.random() * 500);
  } else if (request.url === '/fail') {
    answer(response, 503, 'failed');
  } else {
    answer(response, request.url === '/healthz' ? 200 : item ? 401 : 404);
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
