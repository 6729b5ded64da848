/** Verilog-2005's own words, which name nothing else. */
const RESERVED = new Set(
  `always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam design disable
  edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable endtask event for force forever
  fork function generate genvar highz0 highz1 if ifnone incdir include initial inout input instance integer join large liblist
  library localparam macromodule medium module nand negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos
  posedge primitive pull0 pull1 pulldown pullup pulsestyle_onevent pulsestyle_ondetect rcmos real realtime reg release repeat rnmos
  rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task
  time tran tranif0 tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor
  xor bit byte logic int`.split(/\s+/),
);

/** Longest identifier we make; tools differ in what they bear. */
const LONGEST = 48;

/**
 * An identifier for every name, all different and none reserved: what is no letter or digit becomes `_`. They are file names too, so
 * that those which differ in case alone are told apart as well.
 */
export function identifiers(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name
      .replaceAll(/[^A-Za-z0-9]+/g, "_")
      .replaceAll(/^_+|_+$/g, "")
      .slice(0, LONGEST);
    const stem = /^[A-Za-z]/.test(plain) && !RESERVED.has(plain.toLowerCase()) ? plain : `n_${plain}`.replace(/_$/, "");
    let free = stem;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}_${n}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
