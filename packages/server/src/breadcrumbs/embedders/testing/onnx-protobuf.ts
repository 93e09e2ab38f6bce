/**
 * Just enough of ONNX's protobuf to write a model with one node: numbers of fields are those of onnx.proto3.
 */

/** A tensor of the graph by name and element type; a dimension is a number or the name of a variable one. */
export interface TensorShape {
  readonly name: string;
  readonly type: 'float' | 'int64';
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly table: { readonly name: string; readonly dims: [number, number]; data: Float32Array };
  readonly node: { readonly op: string; readonly inputs: string[]; readonly output: string };
  readonly inputs: readonly TensorShape[];
  readonly output: TensorShape;
}

const ELEMENT_TYPES = { float: 1, int64: 7 } as const;

/** The bytes of a `ModelProto`. */
export function writeModel({ table, node, inputs, output }: Graph): Buffer {
  const tensor = Buffer.concat([
    ...table.dims.map((dim) => number(1, dim)),
    number(2, ELEMENT_TYPES.float),
    bytes(8, table.name),
    bytes(9, Buffer.from(table.data.buffer, table.data.byteOffset, table.data.byteLength)),
  ]);
  const operation = Buffer.concat([
    ...node.inputs.map((name) => bytes(1, name)),
    bytes(2, node.output),
    bytes(4, node.op),
  ]);
  const graph = Buffer.concat([
    bytes(1, operation),
    bytes(2, 'tiny'),
    bytes(5, tensor),
    ...inputs.map((each) => bytes(11, valueInfo(each))),
    bytes(12, valueInfo(output)),
  ]);
  const opset = Buffer.concat([bytes(1, ''), number(2, 13)]);
  return Buffer.concat([number(1, 8), bytes(7, graph), bytes(8, opset)]);
}

function valueInfo({ name, type, dims }: TensorShape): Buffer {
  const shape = dims.map((dim) =>
    bytes(1, typeof dim === 'string' ? bytes(2, dim) : number(1, dim)),
  );
  const tensor = Buffer.concat([number(1, ELEMENT_TYPES[type]), bytes(2, Buffer.concat(shape))]);
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, tensor))]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, value: string | Buffer): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const parts: number[] = [];
  let left = value;
  while (left > 127) {
    parts.push((left % 128) | 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...parts, left]);
}
