import ApusAPI
import KubernetesModel

extension [Condition] {
  /// Into one order, whatever happened in between: `Ready` first, then as they are listed in `ConditionType`, then others.
  mutating func arrange() {
    let order = ConditionType.allCases.map(\.rawValue)
    self = enumerated().sorted { left, right in
      let ranks = (
        order.firstIndex(of: left.element.type) ?? order.count, order.firstIndex(of: right.element.type) ?? order.count
      )
      return ranks.0 == ranks.1 ? left.offset < right.offset : ranks.0 < ranks.1
    }
    .map(\.element)
  }
}
