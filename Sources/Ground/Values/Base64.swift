/// Base64 with padding (RFC 4648 §4), as Secrets and kubeconfig files hold bytes.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var output: [UInt8] = []
    var pending: UInt32 = 0
    var count = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      count += 1
      if count == 3 {
        for shift in [18, 12, 6, 0] as [UInt32] { output.append(alphabet[Int(pending >> shift & 63)]) }
        pending = 0
        count = 0
      }
    }
    if count == 1 {
      output += [alphabet[Int(pending >> 2)], alphabet[Int(pending << 4 & 63)], 0x3D, 0x3D]
    } else if count == 2 {
      output += [
        alphabet[Int(pending >> 10)], alphabet[Int(pending >> 4 & 63)], alphabet[Int(pending << 2 & 63)], 0x3D,
      ]
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Line breaks are skipped; nil where the text is not base64.
  public static func decode(_ text: String) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count * 3 / 4)
    var pending: UInt32 = 0
    var digits = 0
    var padding = 0
    for byte in text.utf8 {
      let digit: UInt8
      switch byte {
      case 0x0A, 0x0D, 0x20: continue
      case 0x3D:
        padding += 1
        continue
      case 0x41...0x5A: digit = byte - 0x41
      case 0x61...0x7A: digit = byte - 0x61 + 26
      case 0x30...0x39: digit = byte - 0x30 + 52
      case 0x2B: digit = 62
      case 0x2F: digit = 63
      default: return nil
      }
      guard padding == 0 else { return nil }
      pending = pending << 6 | UInt32(digit)
      digits += 1
      if digits % 4 == 0 {
        output += [UInt8(truncatingIfNeeded: pending >> 16), UInt8(truncatingIfNeeded: pending >> 8)]
        output.append(UInt8(truncatingIfNeeded: pending))
        pending = 0
      }
    }
    switch (digits % 4, padding) {
    case (0, 0): break
    case (2, 2), (2, 0): output.append(UInt8(truncatingIfNeeded: pending >> 4))
    case (3, 1), (3, 0):
      output += [UInt8(truncatingIfNeeded: pending >> 10), UInt8(truncatingIfNeeded: pending >> 2)]
    default: return nil
    }
    return output
  }
}
