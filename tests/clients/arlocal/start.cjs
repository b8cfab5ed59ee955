// Starts ArLocal, a small gateway that others wrote, on a free port of loopback, and prints the port. What it gets wrong is put right
// here, and nothing else: it would listen on every interface, and its blocks would not name their transactions.
//
//   node start.cjs FOLDER

const net = require("node:net");
const ArLocal = require("arlocal").default;
const { BlockDB } = require("arlocal/bin/db/block");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (_port, told) {
  return listen.call(this, { port: 0, host: "127.0.0.1" }, () => {
    console.log(JSON.stringify({ port: this.address().port }));
    told?.call(this);
  });
};

const mine = BlockDB.prototype.mine;
BlockDB.prototype.mine = function (height, previous, ids) {
  return mine.call(this, height, previous, ids.join(","));
};

const shown = false;
const arlocal = new ArLocal(1984, shown, process.argv[2], false);
BlockDB.prototype.insertGenesis = function (id) {
  return mine.call({ connection: firstBlock(arlocal.connection, id) }, 0, "", "");
};
arlocal.start();

/** The connection, except that whatever is inserted has this id. */
function firstBlock(connection, id) {
  return { insert: (row) => connection.insert({ ...row, id }) };
}
