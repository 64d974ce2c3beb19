// A server of somebody else that has a map: a style and tiles, on another port than ours.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = (crcTable[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  const [length, end] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  end.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return Buffer.concat([length, body, end]);
}

/** A picture of one colour, 256 pixels wide and high. */
function picture(grey: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(256, 0);
  head.writeUInt32BE(256, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(256 * 257, grey);
  for (let row = 0; row < 256; row++) rows[row * 257] = 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

export class TileServer {
  /** The paths that were asked for. */
  readonly asked: string[] = [];

  private constructor(
    readonly origin: string,
    private readonly server: Server,
  ) {}

  /** One that has tiles and, at `/style.json`, a style that shows the tiles of these servers besides. */
  static async start(others: TileServer[] = []): Promise<TileServer> {
    const server = createServer((request, response) => {
      const path = request.url ?? "";
      tiles.asked.push(path);
      const isStyle = path === "/style.json";
      const body = isStyle ? JSON.stringify(style([tiles, ...others])) : picture(200);
      response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": isStyle ? "application/json" : "image/png" });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const tiles = new TileServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return tiles;
  }

  get tiles(): number {
    return this.asked.filter((path) => path.endsWith(".png")).length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function style(servers: TileServer[]) {
  const sources = servers.map(({ origin }, n) => [`s${n}`, { type: "raster", tiles: [`${origin}/{z}/{x}/{y}.png`], tileSize: 256 }]);
  const layers = servers.map((_, n) => ({ id: `l${n}`, type: "raster", source: `s${n}` }));
  return { version: 8, sources: Object.fromEntries(sources), layers };
}
