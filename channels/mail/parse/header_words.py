"""The words of printed headers in every language we know: one row a language, one column a kind of header."""

# language | from | date | to | cc | subject
ROWS = """
en | from; message from; originator; mailed by | sent; date; sent on; sent at; date sent; received; sent time;
    send date; send; time; datetime; date/time | to; recipient; recipients; to whom | cc; bcc | subject; re; fwd
    subject
de | von; absender; gesendet von | gesendet; datum; gesendet am; datum/zeit; gesendet um; erhalten | an;
    empfänger; empfangen von | cc; kopie; kopie (cc); kopie an; blindkopie; bcc; cc an | betreff; betr;
    betrifft; thema
fr | de; expéditeur; expediteur; de la part de; émetteur | envoyé; date; envoyé le; envoye; date d'envoi;
    message du; reçu le; reçu | à; pour; destinataire; à l'attention de; destinataires; a | cc; copie à; copie;
    cci | objet; sujet; sujet du message
es | de; remitente; desde; de parte de; enviado por | enviado; enviado el; fecha; fecha de envío; fecha y hora;
    recibido | para; destinatario; destinatarios; a | cc; con copia; con copia a; copia; copia carbón; cco |
    asunto; tema; título
it | da; mittente; da parte di; inviato da | inviato; data; data invio; data/ora; ricevuto; data di invio;
    inviato il | a; destinatario; destinatari; per | cc; copia; per conoscenza; p.c.; ccn | oggetto; ogg;
    argomento
pt | de; remetente; enviado por; da parte de | enviado; enviada; data; enviada em; data de envio; data/hora;
    enviadas; enviado a; enviado às; recebido | para; destinatário; destinatários; a | cc; com cópia; cópia;
    cópia oculta; cco; bcc | assunto; título
nl | van; afzender; verzender | verzonden; datum; verzonden op; datum verzonden; ontvangen | aan; naar;
    ontvanger; geadresseerde | cc; kopie; bcc; kopie aan | onderwerp; betreft
da | fra; afsender | sendt; dato; sendt den; sendt d; dato sendt | til; modtager; til/modtager | cc; kopi; kopi
    til; bcc | emne; vedr; sag
no | fra; avsender | sendt; dato; sendt den; dato sendt | til; mottaker | kopi; blindkopi | emne; tema
sv | från; avsändare | skickat; datum; skickades; skickat den; datum/tid; sänt; sändes | till; mottagare |
    kopia; kopi; hemlig kopia | ämne; rubrik; angående
fi | lähettäjä; keneltä; lähettänyt | lähetetty; päivämäärä; päiväys; pvm; lähetetty klo | vastaanottaja;
    kenelle; saaja; vastaanottajat | kopio; kk; piilokopio | aihe; otsikko
pl | od; nadawca; wysłane przez | wysłano; wysłane; data; data wysłania; wysłany; otrzymano | do; adresat;
    odbiorca; adresaci | dw; kopia; do wiadomości; udw; ukryta kopia | temat; tytuł
cs | od; odesílatel; odesilatel | odesláno; datum; datum odeslání; doručeno; odeslané | komu; pro; příjemce;
    adresát; do | kopie; skrytá kopie; kopie pro | předmět; věc; vec
sk | od; odosielateľ | odoslané; dátum; odoslal; dátum odoslania | komu; pre; príjemca; prijemca; adresát |
    kópia; skrytá kópia | predmet; vec
hu | feladó; küldő; kitől | elküldve; küldve; dátum; küldés dátuma; küldés ideje; ideje | címzett; kinek;
    címzettek | másolatot kap; másolat; másolatot kapnak; titkos másolat | tárgy; téma
ro | de la; expeditorul; expeditor; din partea | trimis; dată; data; trimis la; trimis pe; data trimiterii |
    către; destinatarul; destinatar; catre; pentru | cc; copie; cci | subiect; subiectul; subiect mesaj
hr | šalje; od; pošiljatelj | poslano; datum; datum slanja; vrijeme; poslano dana | prima; za; primatelj; kome |
    kopija; cc; kopija za | predmet; naslov; tema
sl | od; pošiljatelj; poslal | poslano; datum; datum pošiljanja; poslano dne | za; prejemnik; komu; naslovnik |
    kp; kopija; skp; kopija za | zadeva; predmet
sr | od; šalje; pošiljalac; oд | poslato; datum; vreme; vreme slanja; poslano | za; prima; primalac; kome |
    kopija; cc | tema; naslov; predmet
sr-cyrl | од; шаље; пошиљалац | послато; датум; време; датум слања | за; прима; прималац; коме | копија; cc |
    тема; наслов; предмет
ru | от; отправитель; от кого; отправил | отправлено; дата; отправлена; дата отправки; дата и время; получено;
    отправлено в; когда | кому; получатель; получатели; для | копия; ск; скрытая копия; копии | тема; тема
    письма; заголовок
uk | від; від кого; відправник | надіслано; відправлено; дата; дата відправлення; відіслано | кому; отримувач;
    одержувач; для | копія; прихована копія | тема; заголовок
bg | от; подател; изпращач | изпратено; дата; дата на изпращане | до; получател; за | копие; як; скрито копие |
    относно; тема; заглавие; предмет
el | από; αποστολέας | στάλθηκε; ημερομηνία; εστάλη; ημερομηνία αποστολής; στάλθηκε στις | προς; παραλήπτης |
    κοιν.; κοινοποίηση; κοιν; κρυφή κοινοποίηση | θέμα; θεμα
tr | kimden; gönderen; gonderen; gönderen kişi | gönderildi; gönderme tarihi; tarih; gönderilen; gönderilme
    tarihi; gönderim tarihi; gönderildiği tarih | kime; alıcı; alıcılar | bilgi; cc; gizli; bilgi (cc); cc bilgi
    | konu; konu başlığı
he | מאת; שולח; נשלח מאת | נשלח; תאריך; תאריך שליחה; נשלח בתאריך | אל; נמען; לכבוד | עותק; העתק; העתק סמוי |
    נושא; הנושא
ar | من; المرسل; مرسل | تاريخ الإرسال; تم الإرسال; التاريخ; أرسلت; تاريخ; أُرسلت; تاريخ الارسال; ارسلت; تم
    إرسالها | إلى; الى; المستلم; المرسل إليه | نسخة; نسخة إلى; نسخة مخفية | الموضوع; موضوع
fa | از; فرستنده; از طرف | ارسال شده; تاریخ; تاريخ; ارسال; فرستاده شده | به; گیرنده | رونوشت; رونوشت به | موضوع;
    عنوان
ja | 差出人; 送信者; from; 送信元; from（差出人）; 発信者 | 送信日時; 日付; 日時; 送信日; 送信; date; 受信日時 |
    宛先; to; 送信先; 宛て先; to（宛先）; 受信者 | cc; cc（抄送）; 同報; 写し | 件名; 題名; タイトル; subject
zh-cn | 发件人; 发信人; 寄件人; 来自 | 发送时间; 日期; 发送日期; 时间; 发件时间; 收到时间; 发信时间; 送达时间;
    日 期 | 收件人; 收信人; 发给; 主送 | 抄送; 抄 送; 密送 | 主题; 标题; 邮件主题; 主 题
zh-tw | 寄件者; 寄件人; 發件人; 發信人 | 寄件日期; 傳送時間; 日期; 發送時間; 發送日期; 發件日期; 傳送日期 |
    收件者; 收件人; 收信人; 發給 | 副本; 抄送; 密件副本; cc（副本） | 主旨; 主題; 標題
ko | 보낸 사람; 보낸사람; 발신; 보낸이; 보낸 이; 발신인; 보내는 사람 | 보낸 날짜; 날짜; 보낸날짜; 보냄; 보낸
    시간; 보낸 일시; 일시; 작성일 | 받는 사람; 받는사람; 수신; 받는 이; 받는이; 수신인; 받는분 | 참조; 참조인;
    cc | 제목; 건명
th | จาก; ผู้ส่ง | ส่ง; วันที่; ส่งเมื่อ; ส่งแล้ว; วันเวลา | ถึง; ผู้รับ; ไปยัง | สำเนา; สำเนาถึง | เรื่อง;
    หัวเรื่อง; ชื่อเรื่อง; หัวข้อ
vi | từ; người gửi | đã gửi; gửi lúc; ngày; gửi; thời gian; ngày gửi; đã gửi lúc | tới; đến; người nhận; gửi đến
    | cc; sao chép; đồng gửi | chủ đề; tiêu đề; tiêu đề thư
id | dari; pengirim | dikirim; tanggal; terkirim; tgl; waktu | kepada; untuk; ke; penerima | cc; tembusan;
    salinan | subjek; perihal; judul; hal; subyek
ms | daripada; pengirim | dihantar; tarikh; tarikh dihantar | kepada; untuk | sk; salinan; salinan kepada |
    subjek; perkara; tajuk
et | saatja; kellelt | saadetud; kuupäev; saatmise kuupäev; aeg | adressaat; kellele; saaja; saajad | koopia;
    ärakiri | teema; pealkiri
lv | no; sūtītājs | nosūtīts; datums; sūtīts | kam; adresāts; saņēmējs | kopija | temats; tēma
lt | nuo; siuntėjas; siunčia | išsiųsta; data; išsiuntimo data; siųsta | kam; gavėjas; iki; adresatas; gavėjai |
    kopija; kopijos | tema; antraštė
is | frá; sendandi | sent; dagsetning; send; sent þann | til; viðtakandi; viðtakendur | afrit; afrit til | efni;
    fyrirsögn
ca | de; remitent | enviat; data; enviat el; data d'enviament | a; per a; destinatari | a/c; cc; còpia |
    assumpte; tema
eu | nork; igorlea | bidalia; data; bidaltze-data; noiz | nori; hartzailea | kopia; kk | gaia
gl | de; remitente | enviado; data; data de envío | para; destinatario | cc; copia | asunto; tema
hi | प्रेषक; से; भेजने वाला; फ़्रॉम | भेजा गया; दिनांक; तारीख; तिथि; भेजने की तिथि | प्रति; को; प्राप्तकर्ता |
    प्रतिलिपि; कॉपी; प्रति अनुलिपि | विषय; शीर्षक
sq | nga; dërguesi | dërguar; data; dërguar më | për; drejtuar; te | kopje; kopje për | subjekti; tema
mk | од; испраќач | испратено; датум; испратена | до; за; примач | копија; кс | предмет; наслов; тема
be | ад; ад каго | адпраўлена; дата | каму | копія | тэма
kk | кімнен; жіберуші | жіберілді; күні; күн | кімге; алушы | көшірме; көшірмесі | тақырып; тақырыбы
ka | ვისგან; გამგზავნი; გამომგზავნი | გაიგზავნა; თარიღი | ვის; მიმღები; ადრესატი | ასლი | თემა; სათაური
hy | ումից; ուղարկող | ուղարկված է; ամսաթիվ | ում; ստացող | պատճեն | թեմա; վերնագիր
af | van | gestuur; datum | aan | cc | onderwerp
fil | mula kay; mula sa | ipinadala; petsa | para kay; para sa | cc | paksa
sw | kutoka | imetumwa; tarehe | kwa | nakala | mada
bn | থেকে; প্রেরক | পাঠানো হয়েছে; তারিখ | প্রতি; প্রাপক | অনুলিপি | বিষয়
ta | அனுப்புநர் | தேதி | பெறுநர் | நகல் | பொருள்
ga | ó | dáta | go dtí; chuig | cóip | ábhar
cy | oddi wrth; gan | dyddiad; anfonwyd | at | copi | pwnc
lb | vum | geschéckt; datum | un | kopie | betreff
mt | minn | mibgħut; data | lil | kopja | suġġett
az | kimdən; göndərən | göndərilib; tarix | kimə | surət | mövzu
uz | kimdan | yuborilgan; sana | kimga | nusxa | mavzu
mn | хэнээс | илгээсэн; огноо | хэнд | хуулбар | сэдэв
ne | बाट | मिति | लाई | सीसी | विषय
ur | منجانب; از | بھیجا گیا; تاریخ | بنام; بخدمت | نقل | موضوع; عنوان
mr | कडून | पाठवले; दिनांक | ला | प्रत | विषय
te | నుండి | తేదీ | కు | కాపీ | విషయం
kn | ಇಂದ | ದಿನಾಂಕ | ಗೆ | ನಕಲು | ವಿಷಯ
ml | അയച്ചത് | തീയതി | സ്വീകർത്താവ് | പകർപ്പ് | വിഷയം
gu | પ્રેષક | તારીખ | પ્રતિ | નકલ | વિષય
pa | ਵੱਲੋਂ | ਮਿਤੀ | ਨੂੰ | ਕਾਪੀ | ਵਿਸ਼ਾ
si | වෙතින් | දිනය | වෙත | පිටපත | විෂය
km | ពី | កាលបរិច្ឆេទ | ទៅ | ចម្លង | ប្រធានបទ
lo | ຈາກ | ວັນທີ | ເຖິງ | ສຳເນົາ | ຫົວຂໍ້
my | မှ | ရက်စွဲ | သို့ | မိတ္တူ | အကြောင်းအရာ
am | ከ | ቀን | ለ | ቅጂ | ርዕስ
zu | kusuka | usuku | ku | ikhophi | isihloko
fo | frá | sent | til | avrit | evni
eo | de | dato; sendita | al | kopio | temo
la | ab | missum | ad | exemplar | argumentum
more | från/from; oddane od; ფრომ; de/from; von/from; from/de | enviado em; send time; dérgua; sendt/sent; wann;
    quando | кого; на; til/to; an/to; till/to; mottagare/to | 參照; tỳ; kc | subjekt; onderwerp/subject
"""
# Headers that only say that more headers follow.
OTHERS = """
    reply-to; reply to; reply; antwort an; répondre à; responder a; responder para; rispondi a; antwoord aan; svar til;
    svara till; odpowiedź do; odpovědět komu; ответить; 回复; 返信先; importance; priority; wichtigkeit;
    priorität; importancia; importanza; urgentie; vigtighed; prioritet; prioridade; prioridad; priorité;
    attachments; attachment; anlagen; anhänge; pièces jointes; datos adjuntos; archivos adjuntos; allegati;
    anexos; bijlagen; vedhæftede filer; vedlegg; bilagor; liitteet; załączniki; přílohy; вложения; 附件;
    添付ファイル; 첨부 파일; importance level; organization; message-id; x-mailer; sensitivity; organisation;
    newsgroups; resent-from; sender; mailing list; on behalf of; categories; ważność; tärkeys; приоритет;
    важность; önem; 重要性; 중요도; fontosság; vikt; betydning; priorita; dôležitosť; importanță; pomembnost;
    x-priority; user-agent; mime-version; content-type; when; where; wann; wo; ort; zeit; quand; où; lieu;
    cuándo; dónde; onde; dove; wanneer; waar; files; attached; required; optional; organizer; x-originating-ip;
    reply-to address; in-reply-to; return-path; delivered-to; to/cc; classification; security; protokoll;
    antworten an; signed by; signé par; mailed-by; signed-by; envoyé par; list-id; flag; follow up; categories;
    kategorien; nachverfolgung; status; kennzeichnung
"""
