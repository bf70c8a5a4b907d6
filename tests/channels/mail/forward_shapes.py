"""Forwards as mail programs print them: shapes of programs, and the words of each language they are printed with."""

from collections.abc import Iterator
from dataclasses import dataclass

# language: from, date, to, cc, subject as Outlook prints them; more words of a kind after "/".
LABELS = {
    "en": ("From", "Sent/Date", "To", "Cc", "Subject"),
    "de": ("Von", "Gesendet/Datum", "An", "Cc/Kopie/Kopie (CC)", "Betreff"),
    "fr": ("De/Expéditeur", "Envoyé/Date/Envoyé le", "À/Pour/Destinataire", "Cc/Copie à/Copie", "Objet/Sujet"),
    "es": ("De/Remitente", "Enviado/Enviado el/Fecha", "Para/Destinatario", "CC", "Asunto"),
    "it": ("Da/Mittente", "Inviato/Data/Data invio", "A/Destinatario", "Cc/CC", "Oggetto"),
    "pt": ("De/Remetente", "Enviado/Enviada/Data/Enviada em", "Para/Destinatário", "Cc", "Assunto"),
    "nl": ("Van/Afzender", "Verzonden/Datum", "Aan/Naar", "CC", "Onderwerp"),
    "da": ("Fra", "Sendt/Dato", "Til", "Cc/Kopi", "Emne"),
    "no": ("Fra", "Sendt/Dato", "Til", "Kopi", "Emne"),
    "sv": ("Från", "Skickat/Datum/Skickades", "Till", "Kopia/Kopi", "Ämne"),
    "fi": ("Lähettäjä", "Lähetetty/Päivämäärä/Päiväys", "Vastaanottaja", "Kopio", "Aihe"),
    "pl": ("Od/Nadawca", "Wysłano/Wysłane/Data", "Do/Adresat", "DW/Kopia/Dw", "Temat"),
    "cs": ("Od", "Odesláno/Datum", "Komu/Pro", "Kopie", "Předmět"),
    "sk": ("Od", "Odoslané/Dátum", "Komu/Pre", "Kópia", "Predmet"),
    "hu": ("Feladó", "Elküldve/Küldve/Dátum", "Címzett", "Másolatot kap/Másolat", "Tárgy"),
    "ro": (
        "De la/Expeditorul/Expeditor",
        "Trimis/Dată/Data",
        "Către/Destinatarul/Destinatar",
        "Cc",
        "Subiect/Subiectul",
    ),
    "hr": ("Šalje/Od", "Poslano/Datum", "Prima/Za", "Kopija/Cc", "Predmet/Naslov"),
    "sl": ("Od/Pošiljatelj", "Poslano/Datum", "Za/Prejemnik", "Kp/Kopija", "Zadeva"),
    "sr": ("Od/Šalje", "Poslato/Datum", "Za/Prima", "Kopija", "Tema/Naslov"),
    "sr-cyrl": ("Од/Шаље", "Послато/Датум", "За/Прима", "Копија", "Тема/Наслов"),
    "ru": ("От/Отправитель/От кого", "Отправлено/Дата", "Кому/Получатель", "Копия", "Тема"),
    "uk": ("Від/Від кого", "Надіслано/Відправлено/Дата", "Кому", "Копія", "Тема"),
    "bg": ("От", "Изпратено/Дата", "До", "Копие/Як", "Относно/Тема"),
    "el": ("Από", "Στάλθηκε/Ημερομηνία/Εστάλη", "Προς", "Κοιν./Κοινοποίηση", "Θέμα"),
    "tr": ("Kimden/Gönderen", "Gönderildi/Gönderme Tarihi/Tarih/Gönderilen", "Kime/Alıcı", "Bilgi/Cc", "Konu"),
    "he": ("מאת", "נשלח/תאריך", "אל", "עותק/העתק", "נושא"),
    "ar": ("من", "تاريخ الإرسال/تم الإرسال/التاريخ/أرسلت", "إلى", "نسخة/نسخة إلى", "الموضوع"),
    "fa": ("از/فرستنده", "ارسال شده/تاریخ", "به/گیرنده", "رونوشت", "موضوع"),
    "ja": ("差出人/送信者/From", "送信日時/日付/日時", "宛先/To", "CC/Cc", "件名"),
    "zh-cn": ("发件人", "发送时间/日期/发送日期/时间", "收件人", "抄送", "主题"),
    "zh-tw": ("寄件者/寄件人", "寄件日期/傳送時間/日期", "收件者/收件人", "副本", "主旨/主題"),
    "ko": ("보낸 사람/보낸사람/발신", "보낸 날짜/날짜/보낸날짜", "받는 사람/받는사람/수신", "참조", "제목"),
    "th": ("จาก", "ส่ง/วันที่/ส่งเมื่อ", "ถึง", "สำเนา/สำเนาถึง", "เรื่อง/หัวเรื่อง/ชื่อเรื่อง"),
    "vi": ("Từ/Người gửi", "Đã gửi/Gửi lúc/Ngày/Gửi", "Tới/Đến/Người nhận", "Cc/Sao chép", "Chủ đề/Tiêu đề"),
    "id": ("Dari/Pengirim", "Dikirim/Tanggal/Terkirim", "Kepada/Untuk/Ke", "Cc/Tembusan", "Subjek/Perihal"),
    "ms": ("Daripada", "Dihantar/Tarikh", "Kepada", "Sk/Salinan", "Subjek"),
    "et": ("Saatja/Kellelt", "Saadetud/Kuupäev", "Adressaat/Kellele/Saaja", "Koopia", "Teema"),
    "lv": ("No/Sūtītājs", "Nosūtīts/Datums", "Kam/Adresāts", "Kopija", "Temats/Tēma"),
    "lt": ("Nuo/Siuntėjas", "Išsiųsta/Data/Išsiuntimo data", "Kam/Gavėjas/Iki", "Kopija", "Tema"),
    "is": ("Frá/Sendandi", "Sent/Dagsetning", "Til/Viðtakandi", "Afrit", "Efni"),
    "ca": ("De/Remitent", "Enviat/Data/Enviat el", "A/Per a", "A/c/Cc", "Assumpte/Tema"),
    "eu": ("Nork/Igorlea", "Bidalia/Data", "Nori/Hartzailea", "Kopia", "Gaia"),
    "gl": ("De", "Enviado/Data", "Para", "CC", "Asunto"),
    "hi": ("प्रेषक/से", "भेजा गया/दिनांक/तारीख", "प्रति/को", "प्रतिलिपि/कॉपी", "विषय"),
    "sq": ("Nga", "Dërguar/Data", "Për/Drejtuar", "Kopje", "Subjekti/Tema"),
    "mk": ("Од", "Испратено/Датум", "До/За", "Копија", "Предмет/Наслов"),
    "be": ("Ад/Ад каго", "Адпраўлена/Дата", "Каму", "Копія", "Тэма"),
    "kk": ("Кімнен", "Жіберілді/Күні", "Кімге", "Көшірме", "Тақырып"),
    "ka": ("ვისგან/გამგზავნი", "გაიგზავნა/თარიღი", "ვის/მიმღები", "ასლი", "თემა"),
    "hy": ("Ումից", "Ուղարկված է/Ամսաթիվ", "Ում", "Պատճեն", "Թեմա"),
    "af": ("Van", "Gestuur/Datum", "Aan", "Cc", "Onderwerp"),
    "fil": ("Mula kay/Mula sa", "Ipinadala/Petsa", "Para kay/Para sa", "Cc", "Paksa"),
    "sw": ("Kutoka", "Imetumwa/Tarehe", "Kwa", "Nakala", "Mada"),
    "bn": ("থেকে/প্রেরক", "পাঠানো হয়েছে/তারিখ", "প্রতি/প্রাপক", "অনুলিপি", "বিষয়"),
    "ta": ("அனுப்புநர்", "தேதி", "பெறுநர்", "நகல்", "பொருள்"),
}

DATES = {
    "en": ("Tuesday, 2 November 2021 09:26", "Tue, Nov 2, 2021 at 9:26 AM", "2 November 2021 at 09:26:50 CET"),
    "de": ("Dienstag, 2. November 2021 09:26", "Di., 2. Nov. 2021 um 09:26 Uhr", "02.11.21 09:26 (GMT+01:00)"),
    "fr": ("mardi 2 novembre 2021 09:26", "mar. 2 nov. 2021 à 09:26", "2 novembre 2021 à 09:26:50 UTC+1"),
    "ru": ("вторник, 2 ноября 2021 г. 9:26", "вт, 2 нояб. 2021 г. в 09:26"),
    "ja": ("2021年11月2日火曜日 9:26", "2021年11月2日(火) 9:26"),
    "zh-cn": ("2021年11月2日 9:26", "2021年11月2日星期二 上午9:26"),
    "zh-tw": ("2021年11月2日 上午 09:26", "2021年11月2日 週二 上午9:26"),
    "ko": ("2021년 11월 2일 화요일 오전 9:26", "2021년 11월 2일 (화) 오전 9:26"),
    "ar": ("الثلاثاء، 2 نوفمبر 2021 9:26 ص", "٢ نوفمبر ٢٠٢١ ٩:٢٦ ص"),
    "fa": ("سه‌شنبه ۲ نوامبر ۲۰۲۱ ساعت ۹:۲۶",),
    "th": ("2 พฤศจิกายน 2564 9:26", "อ. 2 พ.ย. 2021 เวลา 09:26"),
    "he": ("יום שלישי 02 נובמבר 2021 09:26",),
    "": ("02.11.2021 09:26", "2021-11-02 09:26", "Tue, 2 Nov 2021 09:26:50 +0100", "2.11.2021 klo 9.26"),
}

SENDER = ("Jane Roe", "jane.roe@acme.example")
ADDRESSEES = (("Bessie Berry", "bessie@globex.example"), ("", "team@globex.example"))
COPIES = (("Walter Sheltan", "walter@initech.example"),)
SUBJECT = "Cartons arrived open"
BODY = "The cartons of order 4711 arrived open.\nTwo of the lamps are broken.\n\nWhat shall I do now?\n\nJane"
NOTE = "Can you take this one?\n\nThanks, Tom"


@dataclass(frozen=True, slots=True)
class Case:
    """One forwarded mail as text and what must be read out of it."""

    name: str
    subject: str
    text: str
    note: str = ""
    body: str = BODY
    date: str = ""


def box(name: str, address: str, style: str = "angle") -> str:
    """One mailbox as programs print it."""
    if style == "mailto":
        return f"{name} [mailto:{address}]" if name else f"[mailto:{address}]"
    if style == "double":
        return f"{name or address} <{address}<mailto:{address}>>"
    if style == "quoted" and name:
        return f'"{name}" <{address}>'
    if style == "parens" and name:
        return f"{name} ({address})"
    if style == "twice":
        return f"{name or address} <{address}>"
    return f"{name} <{address}>" if name else f"<{address}>" if style == "angle" else address


def boxes(people: tuple[tuple[str, str], ...], style: str, separator: str) -> str:
    """Several mailboxes on one line."""
    return separator.join(box(*person, style) for person in people)


def quoted(text: str) -> str:
    """Every line behind a ">"."""
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def header(
    labels: tuple[str, ...], date: str, order: str, *, glue: str = ": ", style: str = "angle", separator: str = "; "
) -> str:
    """The printed headers: `order` names them by the letters f, d, t, c and s."""
    values = {
        "f": (labels[0], box(*SENDER, style)),
        "d": (labels[1], date),
        "t": (labels[2], boxes(ADDRESSEES, style, separator)),
        "c": (labels[3], boxes(COPIES, style, separator)),
        "s": (labels[4], SUBJECT),
    }
    return "\n".join(f"{values[one][0]}{glue}{values[one][1]}" for one in order)


def variants(language: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every word of a language at least once, with its dates."""
    words = [kind.split("/") if kind != "A/c/Cc" else ["A/c", "Cc"] for kind in LABELS[language]]
    dates = (*DATES.get(language, ()), *DATES[""]) if language not in ("en", "de", "fr") else DATES[language]
    for turn in range(max(len(kind) for kind in words)):
        chosen = tuple(kind[turn % len(kind)] for kind in words)
        yield chosen, dates[turn % len(dates)]


def outlook(language: str) -> Iterator[Case]:
    """Outlook: the web draws a line of underscores, Windows none, Mac none and no blank line, plain text a title."""
    for number, (labels, date) in enumerate(variants(language)):
        wide = labels[0] in ("差出人", "发件人")
        glue = "：" if wide and number % 2 else " : " if language == "fr" else ": "
        head = header(labels, date, "fdtcs", glue=glue)
        name = f"{language}-{number}"
        yield Case(f"outlook-web-{name}", "Fw: x", f"{NOTE}\n\n{'_' * 32}\n{head}\n\n{BODY}\n", NOTE, date=date)
        yield Case(f"outlook-windows-{name}", "FW: x", f"{NOTE}\n\n{head}\n\n{BODY}\n", NOTE, date=date)
        yield Case(f"outlook-mac-{name}", "FW: x", f"{NOTE}\n\n{head}\n{BODY}\n", NOTE, date=date)
        yield Case(f"outlook-bare-{name}", "", f"{head}\n\n{BODY}\n", date=date)
        starred = "\n".join(f"*{line.replace(glue, glue.rstrip() + '* ', 1)}" for line in head.split("\n"))
        yield Case(f"outlook-starred-{name}", "FW: x", f"{NOTE}\n\n{starred}\n\n{BODY}\n", NOTE, date=date)
        double = header(labels, date, "fdtcs", glue=glue, style="double")
        yield Case(f"outlook-mobile-{name}", "Fw: x", f"{NOTE}\n\n{'_' * 32}\n{double}\n\n{BODY}\n", NOTE, date=date)
        spaced = head.replace("\n", "\n\n")
        yield Case(f"outlook-spaced-{name}", "FW: x", f"{NOTE}\n\n{spaced}\n\n{BODY}\n", NOTE, date=date)


TITLES = {
    "en": "Forwarded message/Begin forwarded message/Forwarded Message/Start of forwarded message",
    "de": "Weitergeleitete Nachricht/Anfang der weitergeleiteten Nachricht/Beginn der weitergeleiteten Nachricht"
    "/Weitergeleitete E-Mail",
    "fr": "Message transféré/Début du message transféré/Début du message réexpédié/Message transmis",
    "es": "Mensaje reenviado/Inicio del mensaje reenviado/Forwarded message",
    "it": "Messaggio inoltrato/Inizio messaggio inoltrato/Messaggio Inoltrato",
    "pt": "Mensagem encaminhada/Mensagem reencaminhada/Início da mensagem encaminhada/Início da mensagem reencaminhada",
    "nl": "Doorgestuurd bericht/Begin doorgestuurd bericht/Begin van doorgestuurd bericht",
    "da": "Videresendt meddelelse/Start på videresendt besked/Videresendt besked",
    "no": "Videresendt melding/Videresendt e-post/Start på videresendt melding",
    "sv": "Vidarebefordrat meddelande/Vidarebefordrat mejl/Börja vidarebefordrat meddelande",
    "fi": "Välitetty viesti/Edelleenlähetetty viesti/Välitetty viesti alkaa/Välitetty viesti / Fwd.Msg",
    "pl": "Przekazana wiadomość/Początek przekazywanej wiadomości/Treść przekazanej wiadomości"
    "/Wiadomość przesłana dalej",
    "cs": "Přeposlaná zpráva/Začátek přeposílané zprávy/Přeposlaný e-mail",
    "sk": "Preposlaná správa/Začiatok preposlanej správy/Preposlaná správa --- Forwarded Message",
    "hu": "Továbbított üzenet/Továbbított levél kezdete/Továbbított levél",
    "ro": "Mesaj redirecționat/Începe mesajul redirecționat/Mesaj redirecţionat",
    "hr": "Proslijeđena poruka/Započni proslijeđenu poruku",
    "sl": "Posredovano sporočilo/Začetek posredovanega sporočila",
    "sr": "Prosleđena poruka",
    "sr-cyrl": "Прослеђена порука",
    "ru": "Пересылаемое сообщение/Начало переадресованного сообщения/Перенаправленное сообщение"
    "/Пересланное сообщение/Начало пересылаемого сообщения",
    "uk": "Переслане повідомлення/Початок листа, що пересилається/Перенаправлене повідомлення",
    "bg": "Препратено съобщение/Начало на препратеното съобщение",
    "el": "Προωθημένο μήνυμα/Έναρξη προωθημένου μηνύματος",
    "tr": "İletilmiş Mesaj/İleti başlangıcı/İletilen İleti/Yönlendirilmiş İleti",
    "he": "הודעה שהועברה/תחילת ההודעה שהועברה",
    "ar": "رسالة معاد توجيهها/بدء الرسالة المعاد توجيهها/الرسالة المحولة",
    "fa": "پیام هدایت‌شده/پیام ارسال شده",
    "ja": "転送されたメッセージ/転送メッセージ/Forwarded message",
    "zh-cn": "转发的邮件/开始转发的邮件/转发邮件信息",
    "zh-tw": "轉寄的郵件/開始轉寄郵件/轉寄郵件",
    "ko": "전달된 메시지/전달된 메일/전달된 메시지 시작",
    "th": "ข้อความที่ส่งต่อ/เริ่มต้นข้อความที่ส่งต่อ",
    "vi": "Thư đã chuyển tiếp/Bắt đầu thư được chuyển tiếp/Tin nhắn được chuyển tiếp",
    "id": "Pesan terusan/Mulai pesan yang diteruskan/Pesan yang diteruskan",
    "ms": "Mesej dimajukan/Mulakan mesej dimajukan",
    "et": "Edastatud kiri/Edasisaadetud kiri/Edastatud sõnum",
    "lv": "Pārsūtīta vēstule/Pārsūtītais ziņojums",
    "lt": "Persiųstas laiškas/Persiųstas pranešimas",
    "is": "Áframsent skeyti/Áframsend skilaboð",
    "ca": "Missatge reenviat/Inici del missatge reenviat",
    "eu": "Birbidalitako mezua",
    "gl": "Mensaxe reenviada",
    "hi": "अग्रेषित संदेश/फ़ॉरवर्ड किया गया संदेश",
    "sq": "Mesazh i përcjellë",
    "mk": "Препратена порака",
    "be": "Перасланае паведамленне",
    "ka": "გადმოგზავნილი შეტყობინება",
    "hy": "Վերահասցեագրված նամակ",
    "af": "Aangestuurde boodskap",
    "bn": "ফরওয়ার্ড করা বার্তা",
}


def titled(language: str) -> Iterator[Case]:
    """Gmail, Thunderbird, Yahoo, Apple Mail and web clients: a title, then the printed headers."""
    for number, title in enumerate(TITLES[language].split("/")):
        title = title.strip()
        labels, date = list(variants(language))[number % len(list(variants(language)))]
        english = ("From", "Date", "To", "Cc", "Subject")
        name = f"{language}-{number}"
        gmail = header((labels[0], *english[1:]), date, "fdstc", separator=", ")
        yield Case(
            f"gmail-{name}", "Fwd: x", f"{NOTE}\n\n---------- Forwarded message ---------\n{gmail}\n\n\n{BODY}\n", NOTE
        )
        ours = header(labels, date, "fdstc", separator=", ")
        yield Case(f"gmail-old-{name}", "", f"{NOTE}\n\n---------- {title} ----------\n{ours}\n\n{BODY}\n", NOTE)
        tabbed = header(labels, date, "sdftc", glue=": \t", separator=", ")
        yield Case(
            f"thunderbird-{name}", "Fwd: x", f"{NOTE}\n\n\n-------- {title} --------\n{tabbed}\n\n\n\n{BODY}\n", NOTE
        )
        apple = header(labels, date, "fsdtc", separator=", ")
        behind = quoted(apple + "\n\n" + BODY)
        yield Case(f"apple-{name}", "Fwd: x", f"{NOTE}\n\n> {title}:\n>\n{behind}\n", NOTE)
        yield Case(f"iphone-{name}", "Fwd: x", f"{NOTE}\n\n{title}:\n\n{behind}\n", NOTE)
        yield Case(f"icloud-{name}", "Fwd: x", f"{NOTE}\n\n{title}:\n\n{apple}\n\n{BODY}\n", NOTE)
        starred = "\n".join(f"*{line.replace(': ', ':* ', 1)}" for line in apple.split("\n"))
        yield Case(f"apple-starred-{name}", "Fwd: x", f"{NOTE}\n\n{title}:\n\n{starred}\n\n{BODY}\n", NOTE)
        if language == "ka":  # Yahoo speaks no Georgian, whose letters have no capitals to part its run-on headers
            continue
        joined = "".join(line for line in header(labels, date, "ftcds").split("\n"))
        yield Case(f"yahoo-{name}", "Fw: x", f"{NOTE}\n\n   ----- {title} ----- {joined}\n {BODY}\n", NOTE)
        lined = header(labels, date, "ftcds")
        yield Case(f"yahoo-lines-{name}", "Fw: x", f"{NOTE}\n\n----- {title} -----\n{lined}\n\n{BODY}\n", NOTE)
