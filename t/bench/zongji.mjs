// The peers of binlog-tap that npm has, for scripts/bench: reads a server's log from the beginning of a file to where it
// ended at the start, has every row decoded, and prints how many there were.
//
//	node zongji.mjs FOLDER PACKAGE SOCKET USER FILE SIZE
//
// FOLDER is where npm installed the package; FILE, of SIZE bytes, may have been closed since.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, name, socketPath, user, file, size] = process.argv.slice(2);
if (!size) {
	console.error('usage: node zongji.mjs FOLDER PACKAGE SOCKET USER FILE SIZE');
	process.exit(100);
}

const home = `${folder}/node_modules/${name}`;
const { main } = JSON.parse(readFileSync(`${home}/package.json`, 'utf8'));
const { default: ZongJi } = await import(pathToFileURL(`${home}/${main}`));

const reader = new ZongJi({ socketPath, user });
let rows = 0;

function end() {
	console.log(rows);
	process.exit(0);
}

reader.on('error', (error) => {
	console.error(`zongji: error: ${error.message ?? error}`);
	process.exit(111);
});
reader.on('binlog', (event) => {
	if (event.rows) {
		rows += event.rows.length;
		return;
	}
	// the last event of what is read is the end of a transaction, or the way to the next file
	if (event.getEventName() === 'rotate') {
		if (event.binlogName !== file)
			end();
	} else if (event.nextPosition >= Number(size)) {
		end();
	}
});
reader.start({
	serverId: 12345,
	filename: file,
	position: 4,
	includeEvents: ['rotate', 'tablemap', 'writerows', 'updaterows', 'deleterows', 'xid', 'stop'],
});
