export const id = 750;
export const ids = [750];
export const modules = {

/***/ 1750:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   CloudWatchAlarms: () => (/* binding */ CloudWatchAlarms)
/* harmony export */ });
/* harmony import */ var _aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2485);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8783);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1515);
/* harmony import */ var _pages_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3374);




/** Left out, AWS returns metric alarms only, and a composite or log alarm would silently be missing. */
const everyType = ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'];
/** AWS takes so many names in a call. */
const namesPerCall = 100;
/** CloudWatch alarms of every kind, read page by page. */
class CloudWatchAlarms {
    #cloudwatch;
    constructor(cloudwatch) {
        this.#cloudwatch = cloudwatch;
    }
    async find(patterns) {
        const named = patterns.filter(pattern => !pattern.endsWith('*'));
        const prefixes = patterns.filter(pattern => pattern.endsWith('*')).map(pattern => pattern.slice(0, -1));
        const [byName, ...byPrefix] = await Promise.all([
            this.read([...new Set(named.map(nameOf))]),
            ...prefixes.map(prefix => this.#describe({ AlarmNamePrefix: prefix })),
        ]);
        const alarms = new Map([...byName, ...byPrefix.flat()].map(alarm => [alarm.name, alarm]));
        const unknown = [
            ...named.filter(pattern => !byName.some(alarm => alarm.name === pattern || alarm.arn === pattern)),
            ...prefixes.filter((_, i) => byPrefix[i]?.length === 0).map(prefix => `${prefix}*`),
        ];
        return { alarms: [...alarms.values()], unknown };
    }
    async read(names, cut) {
        const starts = Array.from({ length: Math.ceil(names.length / namesPerCall) }, (_, i) => i * namesPerCall);
        const chunks = starts.map(start => names.slice(start, start + namesPerCall));
        const pages = await Promise.all(chunks.map(chunk => this.#describe({ AlarmNames: [...chunk] }, cut)));
        return pages.flat();
    }
    history(name, since, cut) {
        return (0,_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .doing */ .Y)(reading(`the history of alarm ${name}`, 'DescribeAlarmHistory'), async () => {
            const query = {
                AlarmName: name,
                AlarmTypes: everyType,
                HistoryItemType: 'StateUpdate',
                StartDate: new Date(since),
                ScanBy: 'TimestampAscending',
            };
            const pages = (0,_aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_2__.paginateDescribeAlarmHistory)({ client: this.#cloudwatch }, query, (0,_client_js__WEBPACK_IMPORTED_MODULE_0__/* .callOptions */ .jp)(cut));
            const items = await (0,_pages_js__WEBPACK_IMPORTED_MODULE_3__/* .all */ .Q)((0,_pages_js__WEBPACK_IMPORTED_MODULE_3__/* .pagesOf */ .E)(pages, 'NextToken'), ({ AlarmHistoryItems }) => AlarmHistoryItems);
            return items.map(item => transition(item.Timestamp, item.HistoryData));
        });
    }
    #describe(query, cut) {
        return (0,_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .doing */ .Y)(reading('the alarms', 'DescribeAlarms'), async () => {
            const whole = { ...query, AlarmTypes: everyType, MaxRecords: 100 };
            const pages = (0,_aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_2__.paginateDescribeAlarms)({ client: this.#cloudwatch }, whole, (0,_client_js__WEBPACK_IMPORTED_MODULE_0__/* .callOptions */ .jp)(cut));
            const alarms = await (0,_pages_js__WEBPACK_IMPORTED_MODULE_3__/* .all */ .Q)((0,_pages_js__WEBPACK_IMPORTED_MODULE_3__/* .pagesOf */ .E)(pages, 'NextToken'), ({ MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] }) => [
                ...MetricAlarms,
                ...CompositeAlarms,
                ...LogAlarms,
            ]);
            return alarms.map(readAlarm);
        });
    }
}
function reading(what, operation) {
    return { what: `read ${what}`, action: `cloudwatch:${operation}`, resource: '*' };
}
/** `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`, whose name may hold colons, or the name itself. */
function nameOf(pattern) {
    return /^arn:aws[a-z-]*:cloudwatch:[^:]+:\d+:alarm:(.+)$/.exec(pattern)?.[1] ?? pattern;
}
function readAlarm(alarm) {
    return {
        name: alarm.AlarmName ?? '',
        arn: alarm.AlarmArn ?? '',
        state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
        reason: alarm.StateReason ?? '',
        transitionedAt: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime() ?? 0,
    };
}
/** One item of the history; its data is JSON with `oldState` and `newState`. */
function transition(at, data = '{}') {
    const { newState } = JSON.parse(data);
    return {
        at: at?.getTime() ?? 0,
        to: newState?.stateValue ?? 'INSUFFICIENT_DATA',
        reason: newState?.stateReason ?? '',
    };
}


/***/ })

};
